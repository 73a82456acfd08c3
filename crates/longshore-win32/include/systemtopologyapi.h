#include <longshore/system/system_info.h>
