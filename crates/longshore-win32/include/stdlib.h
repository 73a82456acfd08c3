/* glibc's <stdlib.h>, then what a Microsoft <stdlib.h> has besides. */
#pragma GCC system_header
#include <longshore/crt/glibc_begin.inc>
#include_next <stdlib.h>
#include <longshore/crt/glibc_end.inc>
#include <longshore/crt/stdlib.h>
