/* The compiler's <float.h>, then Microsoft's control of the floating-point unit. */
#pragma GCC system_header
#include_next <float.h>
#include <longshore/crt/math.h>
