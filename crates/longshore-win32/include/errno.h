/* glibc's <errno.h>, then errno_t and STRUNCATE. Error numbers are Linux's: programs compare
   names, not numbers. */
#pragma GCC system_header
#include_next <errno.h>
#ifndef __ASSEMBLER__
#include <longshore/crt/base.h>
#endif
