/* glibc's <wchar.h>, then what a Microsoft <wchar.h> has besides. */
#pragma GCC system_header
#include <longshore/crt_glibc_begin.inc>
#include_next <wchar.h>
#include <longshore/crt_glibc_end.inc>
#include <longshore/crt_wide.h>
#include <longshore/crt_wide_stdio.h>
