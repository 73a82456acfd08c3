/* glibc's <stdio.h>, then what a Microsoft <stdio.h> has besides. Included more than once on
   purpose by glibc. */
#pragma GCC system_header
#include <longshore/crt/glibc_begin.inc>
#include_next <stdio.h>
#include <longshore/crt/glibc_end.inc>
#include <longshore/crt/stdio/stdio.h>
