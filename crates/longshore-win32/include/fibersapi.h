#include <longshore/thread/threads.h>
