#include <longshore/system/processes.h>
#include <longshore/system/modules.h>
