#include <longshore/system/version.h>
