/* Every CRT shim: what a program for Windows finds in the global namespace after <windows.h> and the C headers. */
#ifndef LONGSHORE_CRT_H
#define LONGSHORE_CRT_H
#pragma GCC system_header

#include <ctype.h>
#include <limits.h>
#include <longshore/crt_base.h>
#include <float.h>
#include <longshore/crt_console.h>
#include <longshore/crt_convert.h>
#include <longshore/crt_memory.h>
#include <longshore/crt_path.h>
#include <longshore/crt_process.h>
#include <longshore/crt_stdio.h>
#include <longshore/crt_stdlib.h>
#include <longshore/crt_string.h>
#include <longshore/crt_time.h>
#include <longshore/crt_wide.h>
#include <longshore/crt_wide_stdio.h>
#include <locale.h>
#include <math.h>
#include <wctype.h>
#ifdef __cplusplus
#include <eh.h>
#endif

#endif
