/* Every CRT shim: what a program for Windows finds in the global namespace after <windows.h> and
   the C headers. */
#ifndef LONGSHORE_CRT_H
#define LONGSHORE_CRT_H
#pragma GCC system_header

#include <ctype.h>
#include <limits.h>
#include <longshore/crt/base.h>
#include <float.h>
#include <longshore/crt/stdio/console.h>
#include <longshore/crt/convert.h>
#include <longshore/memory/blocks.h>
#include <longshore/crt/files/path.h>
#include <longshore/crt/process.h>
#include <longshore/crt/stdio/stdio.h>
#include <longshore/crt/stdlib.h>
#include <longshore/crt/text/string.h>
#include <longshore/time/calendar.h>
#include <longshore/crt/text/wide.h>
#include <longshore/crt/stdio/wide_stdio.h>
#include <locale.h>
#include <math.h>
#include <wctype.h>
#ifdef __cplusplus
#include <eh.h>
#endif

#endif
