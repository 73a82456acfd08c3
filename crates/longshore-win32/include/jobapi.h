#include <longshore/system/processes.h>
