#include <longshore/crt/parallel/concurrent_unordered_set.h>
