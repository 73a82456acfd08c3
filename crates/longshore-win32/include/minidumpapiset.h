#include <longshore/system/crash_dumps.h>
