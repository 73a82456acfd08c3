#include <longshore/exception/crash_dumps.h>
