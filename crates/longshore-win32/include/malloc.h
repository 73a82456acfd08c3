/* glibc's <malloc.h>, then _aligned_malloc, _msize, _alloca. */
#pragma GCC system_header
#include_next <malloc.h>
#include <longshore/memory/blocks.h>
