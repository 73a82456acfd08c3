#include <longshore/object/synchronization.h>
#include <longshore/lock/locks.h>
