#include <longshore/system/modules.h>
