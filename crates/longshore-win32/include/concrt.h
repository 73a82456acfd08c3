#include <longshore/crt/parallel/runtime.h>
