#include <longshore/port/overlapped.h>
#include <longshore/lock/locks.h>
#include <longshore/directory/directories.h>
#include <longshore/thread/threads.h>
