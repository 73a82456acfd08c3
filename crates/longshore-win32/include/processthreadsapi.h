#include <longshore/thread/threads.h>
#include <longshore/system/processes.h>
