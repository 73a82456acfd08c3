#include <longshore/lock/interlocked.h>
