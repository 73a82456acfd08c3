#include <longshore/crt/parallel/concurrent_vector.h>
