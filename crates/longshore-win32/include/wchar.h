/* glibc's <wchar.h>, then what a Microsoft <wchar.h> has besides. */
#pragma GCC system_header
#include <longshore/crt/glibc_begin.inc>
#include_next <wchar.h>
#include <longshore/crt/glibc_end.inc>
#include <longshore/crt/text/wide.h>
#include <longshore/crt/stdio/wide_stdio.h>
