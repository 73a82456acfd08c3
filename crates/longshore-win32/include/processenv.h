#include <longshore/system/system_info.h>
#include <longshore/system/processes.h>
#include <longshore/console/console.h>
#include <longshore/directory/directories.h>
