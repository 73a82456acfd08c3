/* Narrow formatted output: glibc's functions with Microsoft's formats, the bounded ones, and the
   counting ones. */
#ifndef LONGSHORE_CRT_STDIO_H
#define LONGSHORE_CRT_STDIO_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <stdio.h>
#include <longshore/crt/stdio/format.h>

LONGSHORE_BEGIN

LONGSHORE_C(int, vfprintf, (FILE *, const char *, va_list));

LONGSHORE_INLINE int longshore_vfprintf_a(FILE *stream, const char *format, va_list list)
{
    char few[512];
    char *text = few;
    va_list again;
    int length;
    if (!stream || !format) {
        longshore_invalid(EINVAL);
        return -1;
    }
    if (longshore_format_is_common(format))
        return longshore_c_vfprintf(stream, format, list);
    va_copy(again, list);
    length = longshore_vformat_a(few, sizeof few, format, again);
    va_end(again);
    if (length >= (int)sizeof few) {
        text = (char *)longshore_c_malloc((size_t)length + 1);
        if (!text) {
            errno = ENOMEM;
            return -1;
        }
        length = longshore_vformat_a(text, (size_t)length + 1, format, list);
    }
    if (length > 0 && longshore_c_fwrite(text, 1, (size_t)length, stream) != (size_t)length)
        length = -1;
    if (text != few)
        longshore_c_free(text);
    return length;
}

/* The standard names go to the definitions below: calls, std:: names and function pointers
   alike. */
/* Formats to standard output. [crt printf] */
extern int printf(const char *format, ...) __asm__("longshore_printf");
/* Formats to a stream. [crt fprintf] */
extern int fprintf(FILE *stream, const char *format, ...) __asm__("longshore_fprintf");
/* Formats to a string. [crt sprintf] */
extern int sprintf(char *buffer, const char *format,
    ...) LONGSHORE_NOEXCEPT __asm__("longshore_sprintf");
/* Formats to standard output. [crt vprintf] */
extern int vprintf(const char *format, va_list list) __asm__("longshore_vprintf");
/* Formats to a stream. [crt vfprintf] */
extern int vfprintf(FILE *stream, const char *format, va_list list) __asm__("longshore_vfprintf");
/* Formats to a string. [crt vsprintf] */
extern int vsprintf(char *buffer, const char *format,
    va_list list) LONGSHORE_NOEXCEPT __asm__("longshore_vsprintf");
/* Formats to a string of limited size. [crt snprintf] */
extern int snprintf(char *buffer, size_t size, const char *format,
    ...) LONGSHORE_NOEXCEPT __asm__("longshore_snprintf");
/* Formats to a string of limited size. [crt vsnprintf] */
extern int vsnprintf(char *buffer, size_t size, const char *format,
    va_list list) LONGSHORE_NOEXCEPT __asm__("longshore_vsnprintf");

LONGSHORE_REPLACE int vfprintf(FILE *stream, const char *format, va_list list)
{
    return longshore_vfprintf_a(stream, format, list);
}
LONGSHORE_REPLACE int vprintf(const char *format, va_list list)
{
    return longshore_vfprintf_a(stdout, format, list);
}
LONGSHORE_REPLACE int vsnprintf(
    char *buffer, size_t size, const char *format, va_list list) LONGSHORE_NOEXCEPT
{
    return longshore_vformat_a(buffer, size, format, list);
}
LONGSHORE_REPLACE int vsprintf(char *buffer, const char *format, va_list list) LONGSHORE_NOEXCEPT
{
    return longshore_vformat_a(buffer, (size_t)0x7FFFFFFF, format, list);
}
LONGSHORE_REPLACE int printf(const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_a(stdout, format, list);
    va_end(list);
    return length;
}
LONGSHORE_REPLACE int fprintf(FILE *stream, const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_a(stream, format, list);
    va_end(list);
    return length;
}
LONGSHORE_REPLACE int sprintf(char *buffer, const char *format, ...) LONGSHORE_NOEXCEPT
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vformat_a(buffer, (size_t)0x7FFFFFFF, format, list);
    va_end(list);
    return length;
}
LONGSHORE_REPLACE int snprintf(
    char *buffer, size_t size, const char *format, ...) LONGSHORE_NOEXCEPT
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vformat_a(buffer, size, format, list);
    va_end(list);
    return length;
}

/* The bounded family: too small a buffer empties it and answers -1. */
LONGSHORE_INLINE int vsprintf_s(char *buffer, size_t size, const char *format, va_list list)
{
    int length;
    if (!buffer || size == 0 || !format) {
        if (buffer && size)
            buffer[0] = 0;
        longshore_invalid(EINVAL);
        return -1;
    }
    length = longshore_vformat_a(buffer, size, format, list);
    if (length < 0 || (size_t)length >= size) {
        buffer[0] = 0;
        if (length >= 0)
            longshore_invalid(ERANGE);
        return -1;
    }
    return length;
}
/* Formats into a buffer of a known size. [crt sprintf_s] */
LONGSHORE_INLINE int sprintf_s(char *buffer, size_t size, const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = vsprintf_s(buffer, size, format, list);
    va_end(list);
    return length;
}
/* At most `count` characters and a terminator; cutting is an answer (-1), not an error, if the
   cut was asked for. */
LONGSHORE_INLINE int _vsnprintf_s(
    char *buffer, size_t size, size_t count, const char *format, va_list list)
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
    length = longshore_vformat_a(buffer, room, format, list);
    if (length >= 0 && (size_t)length < room)
        return length;
    if (length < 0 || (count != _TRUNCATE && count >= size)) {
        buffer[0] = 0;
        if (length >= 0)
            longshore_invalid(ERANGE);
    }
    return -1;
}
/* Formats at most `count` characters. [crt vsnprintf_s, _snprintf_s] */
LONGSHORE_INLINE int vsnprintf_s(
    char *buffer, size_t size, size_t count, const char *format, va_list list)
{
    return _vsnprintf_s(buffer, size, count, format, list);
}
LONGSHORE_INLINE int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vsnprintf_s(buffer, size, count, format, list);
    va_end(list);
    return length;
}
/* The old bounded form: exactly full is a success without a terminator, more is -1, also without
   one. */
LONGSHORE_INLINE int _vsnprintf(char *buffer, size_t count, const char *format, va_list list)
{
    va_list again;
    char *text;
    int length;
    va_copy(again, list);
    length = longshore_vformat_a(buffer, count, format, again);
    va_end(again);
    if (length < 0 || !buffer || (size_t)length < count)
        return length;
    /* Full: the last place holds a terminator where Microsoft has a character. */
    text = (char *)longshore_c_malloc((size_t)length + 1);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    longshore_vformat_a(text, (size_t)length + 1, format, list);
    longshore_c_memcpy(buffer, text, count);
    longshore_c_free(text);
    return (size_t)length == count ? length : -1;
}
/* Formats; no NUL if the text fills the buffer. [crt _snprintf] */
LONGSHORE_INLINE int _snprintf(char *buffer, size_t count, const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vsnprintf(buffer, count, format, list);
    va_end(list);
    return length;
}
/* The length that the formatted text would have. [crt _vscprintf, _scprintf] */
LONGSHORE_INLINE int _vscprintf(const char *format, va_list list)
{
    return longshore_vformat_a(NULL, 0, format, list);
}
LONGSHORE_INLINE int _scprintf(const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vformat_a(NULL, 0, format, list);
    va_end(list);
    return length;
}
/* Prints formatted text. [crt fprintf_s, printf_s] */
LONGSHORE_INLINE int vfprintf_s(FILE *stream, const char *format, va_list list)
{
    return longshore_vfprintf_a(stream, format, list);
}
LONGSHORE_INLINE int vprintf_s(const char *format, va_list list)
{
    return longshore_vfprintf_a(stdout, format, list);
}
LONGSHORE_INLINE int printf_s(const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_a(stdout, format, list);
    va_end(list);
    return length;
}
LONGSHORE_INLINE int fprintf_s(FILE *stream, const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_a(stream, format, list);
    va_end(list);
    return length;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size> inline int sprintf_s(char (&buffer)[Size], const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsprintf_s(buffer, Size, format, list);
    va_end(list);
    return length;
}
template <size_t Size> inline int vsprintf_s(char (&buffer)[Size], const char *format, va_list list)
{
    return vsprintf_s(buffer, Size, format, list);
}
template <size_t Size>
inline int _snprintf_s(char (&buffer)[Size], size_t count, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = _vsnprintf_s(buffer, Size, count, format, list);
    va_end(list);
    return length;
}
template <size_t Size>
inline int _vsnprintf_s(char (&buffer)[Size], size_t count, const char *format, va_list list)
{
    return _vsnprintf_s(buffer, Size, count, format, list);
}
template <size_t Size>
inline int vsnprintf_s(char (&buffer)[Size], size_t count, const char *format, va_list list)
{
    return _vsnprintf_s(buffer, Size, count, format, list);
}
LONGSHORE_TEMPLATES_END
#endif

#include <longshore/crt/stdio/scan.h>
#include <longshore/crt/stdio/streams.h>

#endif
