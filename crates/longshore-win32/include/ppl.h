#include <longshore/crt/parallel/algorithms.h>
