#include <longshore/system/system_info.h>
#include <longshore/time/clocks.h>
