/* A part of MSVC's own headers that programs sometimes name. */
#pragma GCC system_header
#include <longshore/crt/stdio/wide_stdio.h>
