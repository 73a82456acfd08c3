#include <longshore/port/overlapped.h>
#include <longshore/lock/locks.h>
#include <longshore/path/directories.h>
#include <longshore/thread/threads.h>
