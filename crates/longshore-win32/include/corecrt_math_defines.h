/* M_PI and its family, which glibc's <math.h> has without _USE_MATH_DEFINES. */
#pragma GCC system_header
#include <math.h>
