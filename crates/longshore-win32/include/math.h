/* glibc's <math.h>, then Microsoft's names. */
#pragma GCC system_header
#include_next <math.h>
#include <longshore/crt/math.h>
