#include <longshore/system/system_info.h>
#include <longshore/system/processes.h>
