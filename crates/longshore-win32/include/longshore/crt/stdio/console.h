/*
 * The console a key at a time. The terminal's mode is changed only while a key is awaited, in the
 * library; a standard input that is no terminal is read as it is, and at its end _getch answers EOF
 * and _kbhit 0.
 */
#ifndef LONGSHORE_CRT_CONSOLE_H
#define LONGSHORE_CRT_CONSOLE_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <longshore/crt/stdio/stdio.h>
#include <longshore/crt/stdio/wide_stdio.h>

LONGSHORE_BEGIN

/* Serves _getch and _getche. */
extern int longshore_getch(int echo);
/* Serves _getwch and _getwche. */
extern int longshore_getwch(int echo);
/* Serves _ungetch. */
extern int longshore_ungetch(int character);
/* Serves _kbhit. */
extern int longshore_kbhit(void);

/* Keys of the console. [crt _getch, _getche, _ungetch, _kbhit] */
LONGSHORE_INLINE int _getch(void) { return longshore_getch(0); }
LONGSHORE_INLINE int _getche(void) { return longshore_getch(1); }
LONGSHORE_INLINE int _ungetch(int character) { return longshore_ungetch(character); }
LONGSHORE_INLINE int _kbhit(void) { return longshore_kbhit(); }
LONGSHORE_INLINE wint_t _getwch(void) { return (wint_t)longshore_getwch(0); }
LONGSHORE_INLINE wint_t _getwche(void) { return (wint_t)longshore_getwch(1); }
LONGSHORE_INLINE int _getch_nolock(void) { return longshore_getch(0); }

/* Console output is unbuffered on Windows. */
LONGSHORE_INLINE int _putch(int character)
{
    int result = putchar(character);
    longshore_c_fflush(stdout);
    return result;
}
/* Text to the console. [crt _cputs, _putwch, _cputws] */
LONGSHORE_INLINE int _cputs(const char *text)
{
    int result = fputs(text, stdout);
    longshore_c_fflush(stdout);
    return result < 0 ? -1 : 0;
}
LONGSHORE_INLINE wint_t _putwch(wchar_t character)
{
    wint_t result = putwchar(character);
    longshore_c_fflush(stdout);
    return result;
}
LONGSHORE_INLINE int _cputws(const wchar_t *text)
{
    int result = fputws(text, stdout);
    longshore_c_fflush(stdout);
    return result < 0 ? -1 : 0;
}
/* Formatted text to the console. [crt _cprintf, _cwprintf] */
LONGSHORE_INLINE int _vcprintf(const char *format, va_list list)
{
    int length = longshore_vfprintf_a(stdout, format, list);
    longshore_c_fflush(stdout);
    return length;
}
LONGSHORE_INLINE int _cprintf(const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vcprintf(format, list);
    va_end(list);
    return length;
}
LONGSHORE_INLINE int _cprintf_s(const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vcprintf(format, list);
    va_end(list);
    return length;
}
LONGSHORE_INLINE int _cwprintf(const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_w(stdout, format, list);
    va_end(list);
    longshore_c_fflush(stdout);
    return length;
}
/* Scans a line of the console. [crt _cscanf, _cscanf_s] */
LONGSHORE_INLINE int _cscanf(const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_flagged_vfscanf(stdin, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int _cscanf_s(const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_flagged_vfscanf(stdin, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}
/* A line typed at the console, without its end; what is too long is cut. *length counts its
   characters. */
LONGSHORE_INLINE errno_t _cgets_s(char *buffer, size_t size, size_t *length)
{
    size_t used = 0;
    int character;
    if (!buffer || size == 0 || !length)
        return longshore_invalid(EINVAL);
    while (used + 1 < size && (character = longshore_c_getc(stdin)) != EOF && character != '\n')
        buffer[used++] = (char)character;
    buffer[used] = 0;
    *length = used;
    return 0;
}

LONGSHORE_END

#endif
