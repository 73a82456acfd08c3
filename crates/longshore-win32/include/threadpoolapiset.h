#include <longshore/pool/thread_pool.h>
