/* The bounded, counting and old wide output functions. */
#ifndef LONGSHORE_CRT_WIDE_BOUNDED_H
#define LONGSHORE_CRT_WIDE_BOUNDED_H
#pragma GCC system_header

#include <longshore/crt/stdio/wide_stdio.h>

LONGSHORE_BEGIN

/* Formats wide text into a buffer of a known size. [crt vswprintf_s, swprintf_s] */
LONGSHORE_INLINE int vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
{
    int length;
    if (!buffer || size == 0 || !format) {
        if (buffer && size)
            buffer[0] = 0;
        longshore_invalid(EINVAL);
        return -1;
    }
    length = longshore_vformat_w(buffer, size, format, list);
    if (length < 0 || (size_t)length >= size) {
        buffer[0] = 0;
        if (length >= 0)
            longshore_invalid(ERANGE);
        return -1;
    }
    return length;
}
LONGSHORE_INLINE int swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = vswprintf_s(buffer, size, format, list);
    va_end(list);
    return length;
}
/* Formats at most `count` wide characters. [crt _vsnwprintf_s] */
LONGSHORE_INLINE int _vsnwprintf_s(
    wchar_t *buffer, size_t size, size_t count, const wchar_t *format, va_list list)
{
    size_t room;
    int length;
    if (!buffer && size == 0 && count == 0)
        return 0;
    if (!buffer || size == 0 || !format) {
        if (buffer && size)
            buffer[0] = 0;
        longshore_invalid(EINVAL);
        return -1;
    }
    room = count < size ? count + 1 : size;
    length = longshore_vformat_w(buffer, room, format, list);
    if (length >= 0 && (size_t)length < room)
        return length;
    if (length < 0 || (count != _TRUNCATE && count >= size)) {
        buffer[0] = 0;
        if (length >= 0)
            longshore_invalid(ERANGE);
    }
    return -1;
}
/* The same, with the arguments themselves. [crt _snwprintf_s] */
LONGSHORE_INLINE int _snwprintf_s(
    wchar_t *buffer, size_t size, size_t count, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vsnwprintf_s(buffer, size, count, format, list);
    va_end(list);
    return length;
}
/* See _vsnprintf: exactly full has no terminator, more is -1. */
LONGSHORE_INLINE int _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list list)
{
    va_list again;
    wchar_t *text;
    int length;
    va_copy(again, list);
    length = longshore_vformat_w(buffer, count, format, again);
    va_end(again);
    if (length < 0 || !buffer || (size_t)length < count)
        return length;
    text = (wchar_t *)longshore_c_malloc(((size_t)length + 1) * sizeof *text);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    longshore_vformat_w(text, (size_t)length + 1, format, list);
    longshore_c_memcpy(buffer, text, count * sizeof *text);
    longshore_c_free(text);
    return (size_t)length == count ? length : -1;
}
/* Formats; no NUL if the text fills the buffer. [crt _snwprintf] */
LONGSHORE_INLINE int _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vsnwprintf(buffer, count, format, list);
    va_end(list);
    return length;
}
/* snwprintf is no standard name, but MinGW and old code have it. */
LONGSHORE_INLINE int snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vformat_w(buffer, count, format, list);
    va_end(list);
    return length;
}
/* The length that the formatted text would have. [crt _vscwprintf, _scwprintf] */
LONGSHORE_INLINE int _vscwprintf(const wchar_t *format, va_list list)
{
    return longshore_vformat_w(NULL, 0, format, list);
}
LONGSHORE_INLINE int _scwprintf(const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vformat_w(NULL, 0, format, list);
    va_end(list);
    return length;
}
/* The form without a size. */
LONGSHORE_INLINE int _vswprintf(wchar_t *buffer, const wchar_t *format, va_list list)
{
    return longshore_vformat_w(buffer, (size_t)0x1FFFFFFF, format, list);
}
/* Formats without a check of the buffer. [crt _swprintf] */
LONGSHORE_INLINE int _swprintf(wchar_t *buffer, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vswprintf(buffer, format, list);
    va_end(list);
    return length;
}
/* Prints wide text. [crt vfwprintf_s, wprintf_s] */
LONGSHORE_INLINE int vfwprintf_s(FILE *stream, const wchar_t *format, va_list list)
{
    return longshore_vfprintf_w(stream, format, list);
}
LONGSHORE_INLINE int vwprintf_s(const wchar_t *format, va_list list)
{
    return longshore_vfprintf_w(stdout, format, list);
}
LONGSHORE_INLINE int wprintf_s(const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_w(stdout, format, list);
    va_end(list);
    return length;
}
LONGSHORE_INLINE int fwprintf_s(FILE *stream, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_w(stream, format, list);
    va_end(list);
    return length;
}
/* A line to standard output, and single characters. [crt _putws, _fputwchar] */
LONGSHORE_INLINE int _putws(const wchar_t *text)
{
    wchar_t end = L'\n';
    if (longshore_write_wide(stdout, text, text ? longshore_c_wcslen(text) : 0))
        return WEOF;
    return longshore_write_wide(stdout, &end, 1) ? (int)WEOF : 0;
}
LONGSHORE_INLINE wint_t _fputwchar(wchar_t character) { return putwchar(character); }
LONGSHORE_INLINE wint_t _fgetwchar(void) { return getwchar(); }
LONGSHORE_INLINE wint_t _putwc_nolock(wchar_t character, FILE *stream)
{
    return fputwc(character, stream);
}
LONGSHORE_INLINE wint_t _getwc_nolock(FILE *stream) { return fgetwc(stream); }

/* A line without its end; too long a line empties the buffer and takes the rest of the line
   away. */
LONGSHORE_INLINE wchar_t *_getws_s(wchar_t *buffer, size_t size)
{
    size_t used = 0;
    wint_t character;
    if (!buffer || size == 0) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    while ((character = longshore_read_wide(stdin)) != WEOF && character != L'\n')
        if (used < size)
            buffer[used++] = (wchar_t)character;
    if (character == WEOF && used == 0) {
        buffer[0] = 0;
        return NULL;
    }
    if (used == size) {
        buffer[0] = 0;
        longshore_invalid(ERANGE);
        return NULL;
    }
    buffer[used] = 0;
    return buffer;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
/* Microsoft's C++ overloads without a size. */
inline int swprintf(wchar_t *buffer, const wchar_t *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = _vswprintf(buffer, format, list);
    va_end(list);
    return length;
}
inline int vswprintf(wchar_t *buffer, const wchar_t *format, va_list list)
{
    return _vswprintf(buffer, format, list);
}
template <size_t Size> inline int swprintf_s(wchar_t (&buffer)[Size], const wchar_t *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vswprintf_s(buffer, Size, format, list);
    va_end(list);
    return length;
}
template <size_t Size>
inline int vswprintf_s(wchar_t (&buffer)[Size], const wchar_t *format, va_list list)
{
    return vswprintf_s(buffer, Size, format, list);
}
template <size_t Size>
inline int _snwprintf_s(wchar_t (&buffer)[Size], size_t count, const wchar_t *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = _vsnwprintf_s(buffer, Size, count, format, list);
    va_end(list);
    return length;
}
template <size_t Size>
inline int _vsnwprintf_s(wchar_t (&buffer)[Size], size_t count, const wchar_t *format, va_list list)
{
    return _vsnwprintf_s(buffer, Size, count, format, list);
}
template <size_t Size>
inline wchar_t *_getws_s(wchar_t (&buffer)[Size])
{
    return _getws_s(buffer, Size);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
