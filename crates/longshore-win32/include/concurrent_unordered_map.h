#include <longshore/crt/parallel/concurrent_unordered_map.h>
