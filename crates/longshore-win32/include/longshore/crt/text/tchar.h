/*
 * Generic text: one source for char and wchar_t. MSVC has two switches, _UNICODE for these names
 * and UNICODE for those of windows.h, and its projects define both; here either one means both.
 */
#ifndef LONGSHORE_TCHAR_H
#define LONGSHORE_TCHAR_H
#pragma GCC system_header

#include <ctype.h>
#include <direct.h>
#include <io.h>
#include <locale.h>
#include <wctype.h>
#include <longshore/crt/all.h>

#if defined(_UNICODE) || defined(UNICODE)
typedef wchar_t _TCHAR;
typedef wchar_t _TSCHAR;
typedef wchar_t _TUCHAR;
typedef wchar_t _TXCHAR;
typedef wint_t _TINT;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef wchar_t TCHAR;
#endif
#define __T(text) L##text
#define _TEOF WEOF
#include <longshore/crt/text/tchar_wide.inc>
#else
typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef char _TXCHAR;
typedef int _TINT;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR;
#endif
#define __T(text) text
#define _TEOF EOF
#include <longshore/crt/text/tchar_narrow.inc>
#endif

#define _T(text) __T(text)
#define _TEXT(text) __T(text)

/* Characters are whole units in both builds: UTF-8 text is walked by bytes, as MSVC's "SBCS"
   build does. */
#define _tcsdec(start, current) ((start) < (current) ? (current) - 1 : NULL)
#define _tcsinc(current) ((current) + 1)
#define _tcsnextc(current) (*(current))
#define _tcsninc(current, count) ((current) + (count))
#define _tcsspnp(text, set) \
    (*((text) + _tcsspn((text), (set))) ? (text) + _tcsspn((text), (set)) : NULL)
#define _tccpy(to, from) (*(to) = *(from))
#define _tccmp(left, right) ((int)(*(left)) - (int)(*(right)))
#define _tclen(text) 1

#endif
