#include <longshore/crt/parallel/concurrent_priority_queue.h>
