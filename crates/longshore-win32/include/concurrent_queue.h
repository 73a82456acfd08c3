#include <longshore/crt/parallel/concurrent_queue.h>
