/*
 * Wide formatted output, and wide characters on streams.
 *
 * A glibc stream is either narrow or wide from its first use on, and the other kind then fails
 * without a word; on Windows the two mix. So the wide functions here keep every stream narrow and
 * write and read UTF-8. Only a stream that a program has itself turned wide (fwide, fopen with
 * ccs=) is left to glibc.
 */
#ifndef LONGSHORE_CRT_WIDE_STDIO_H
#define LONGSHORE_CRT_WIDE_STDIO_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <stdio.h>
#include <wchar.h>
#include <longshore/crt/stdio/format.h>
#include <longshore/crt/text/characters.h>

LONGSHORE_BEGIN

LONGSHORE_C(int, fwide, (FILE *, int));
LONGSHORE_C(wint_t, fputwc, (wchar_t, FILE *));
LONGSHORE_C(wint_t, fgetwc, (FILE *));
LONGSHORE_C(wint_t, ungetwc, (wint_t, FILE *));
LONGSHORE_C(void, flockfile, (FILE *));
LONGSHORE_C(void, funlockfile, (FILE *));

/* 0, or -1 as the stream's error. */
LONGSHORE_INLINE int longshore_write_wide(FILE *stream, const wchar_t *text, size_t count)
{
    char bytes[512];
    size_t at = 0, used = 0;
    int failed = 0;
    if (!stream || !text) {
        longshore_invalid(EINVAL);
        return -1;
    }
    longshore_c_flockfile(stream);
    if (longshore_c_fwide(stream, 0) > 0) {
        for (; at < count && !failed; ++at)
            failed = longshore_c_fputwc(text[at], stream) == WEOF;
    } else {
        while (at < count && !failed) {
            unsigned int point;
            at += longshore_wide_decode(&point, text + at, count - at);
            used += longshore_utf8_encode(bytes + used, point);
            if (used > sizeof bytes - 4 || at == count) {
                failed = longshore_c_fwrite(bytes, 1, used, stream) != used;
                used = 0;
            }
        }
    }
    longshore_c_funlockfile(stream);
    return failed ? -1 : 0;
}
LONGSHORE_INLINE wint_t longshore_read_wide(FILE *stream)
{
    char bytes[4];
    size_t count = 0, wanted;
    unsigned int point;
    int byte;
    if (longshore_c_fwide(stream, 0) > 0)
        return longshore_c_fgetwc(stream);
    byte = longshore_c_getc(stream);
    if (byte == EOF)
        return WEOF;
    bytes[count++] = (char)byte;
    wanted = byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1;
    while (count < wanted) {
        byte = longshore_c_getc(stream);
        if (byte == EOF)
            break;
        if ((byte & 0xC0) != 0x80) {
            longshore_c_ungetc(byte, stream);
            break;
        }
        bytes[count++] = (char)byte;
    }
    longshore_utf8_decode(&point, bytes, count);
    return (wint_t)point;
}

LONGSHORE_INLINE int longshore_vfprintf_w(FILE *stream, const wchar_t *format, va_list list)
{
    wchar_t few[256];
    wchar_t *text = few;
    va_list again;
    int length;
    va_copy(again, list);
    length = longshore_vformat_w(few, _countof(few), format, again);
    va_end(again);
    if (length >= (int)_countof(few)) {
        text = (wchar_t *)longshore_c_malloc(((size_t)length + 1) * sizeof *text);
        if (!text) {
            errno = ENOMEM;
            return -1;
        }
        length = longshore_vformat_w(text, (size_t)length + 1, format, list);
    }
    if (length >= 0 && longshore_write_wide(stream, text, (size_t)length))
        length = -1;
    if (text != few)
        longshore_c_free(text);
    return length;
}

/* Writes a wide character. [crt fputwc] */
extern wint_t fputwc(wchar_t character, FILE *stream) __asm__("longshore_fputwc");
/* Writes a wide character. [crt putwc] */
extern wint_t putwc(wchar_t character, FILE *stream) __asm__("longshore_putwc");
/* Writes a wide character to standard output. [crt putwchar] */
extern wint_t putwchar(wchar_t character) __asm__("longshore_putwchar");
/* Writes a wide string. [crt fputws] */
extern int fputws(const wchar_t *text, FILE *stream) __asm__("longshore_fputws");
/* Reads a wide character. [crt fgetwc] */
extern wint_t fgetwc(FILE *stream) __asm__("longshore_fgetwc");
/* Reads a wide character. [crt getwc] */
extern wint_t getwc(FILE *stream) __asm__("longshore_getwc");
/* Reads a wide character of standard input. [crt getwchar] */
extern wint_t getwchar(void) __asm__("longshore_getwchar");
/* Puts a wide character back. [crt ungetwc] */
extern wint_t ungetwc(wint_t character, FILE *stream) __asm__("longshore_ungetwc");
/* Reads a wide line. [crt fgetws] */
extern wchar_t *fgetws(wchar_t *buffer, int count, FILE *stream) __asm__("longshore_fgetws");
/* Formats to standard output. [crt wprintf] */
extern int wprintf(const wchar_t *format, ...) __asm__("longshore_wprintf");
/* Formats to a stream. [crt fwprintf] */
extern int fwprintf(FILE *stream, const wchar_t *format, ...) __asm__("longshore_fwprintf");
/* Formats to standard output. [crt vwprintf] */
extern int vwprintf(const wchar_t *format, va_list list) __asm__("longshore_vwprintf");
/* Formats to a stream. [crt vfwprintf] */
extern int vfwprintf(FILE *stream, const wchar_t *format,
    va_list list) __asm__("longshore_vfwprintf");
/* Formats to a string of limited size. [crt swprintf] */
extern int swprintf(wchar_t *buffer, size_t size, const wchar_t *format,
    ...) LONGSHORE_NOEXCEPT __asm__("longshore_swprintf");
/* Formats to a string of limited size. [crt vswprintf] */
extern int vswprintf(wchar_t *buffer, size_t size, const wchar_t *format,
    va_list list) LONGSHORE_NOEXCEPT __asm__("longshore_vswprintf");

LONGSHORE_REPLACE wint_t fputwc(wchar_t character, FILE *stream)
{
    return longshore_write_wide(stream, &character, 1) ? WEOF : (wint_t)character;
}
LONGSHORE_REPLACE wint_t putwc(wchar_t character, FILE *stream)
{
    return longshore_write_wide(stream, &character, 1) ? WEOF : (wint_t)character;
}
LONGSHORE_REPLACE wint_t putwchar(wchar_t character)
{
    return longshore_write_wide(stdout, &character, 1) ? WEOF : (wint_t)character;
}
LONGSHORE_REPLACE int fputws(const wchar_t *text, FILE *stream)
{
    return longshore_write_wide(stream, text, text ? longshore_c_wcslen(text) : 0) ? EOF : 0;
}
LONGSHORE_REPLACE wint_t fgetwc(FILE *stream) { return longshore_read_wide(stream); }
LONGSHORE_REPLACE wint_t getwc(FILE *stream) { return longshore_read_wide(stream); }
LONGSHORE_REPLACE wint_t getwchar(void) { return longshore_read_wide(stdin); }
LONGSHORE_REPLACE wint_t ungetwc(wint_t character, FILE *stream)
{
    char bytes[4];
    size_t count;
    if (character == WEOF)
        return WEOF;
    if (longshore_c_fwide(stream, 0) > 0)
        return longshore_c_ungetwc(character, stream);
    count = longshore_utf8_encode(bytes, (unsigned int)character);
    while (count)
        if (longshore_c_ungetc((unsigned char)bytes[--count], stream) == EOF)
            return WEOF;
    return character;
}
LONGSHORE_REPLACE wchar_t *fgetws(wchar_t *buffer, int count, FILE *stream)
{
    int used = 0;
    if (!buffer || count <= 0 || !stream) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    while (used + 1 < count) {
        wint_t character = longshore_read_wide(stream);
        if (character == WEOF) {
            if (used == 0)
                return NULL;
            break;
        }
        buffer[used++] = (wchar_t)character;
        if (character == L'\n')
            break;
    }
    buffer[used] = 0;
    return buffer;
}
LONGSHORE_REPLACE int vfwprintf(FILE *stream, const wchar_t *format, va_list list)
{
    return longshore_vfprintf_w(stream, format, list);
}
LONGSHORE_REPLACE int vwprintf(const wchar_t *format, va_list list)
{
    return longshore_vfprintf_w(stdout, format, list);
}
LONGSHORE_REPLACE int wprintf(const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_w(stdout, format, list);
    va_end(list);
    return length;
}
LONGSHORE_REPLACE int fwprintf(FILE *stream, const wchar_t *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = longshore_vfprintf_w(stream, format, list);
    va_end(list);
    return length;
}
LONGSHORE_REPLACE int vswprintf(
    wchar_t *buffer, size_t size, const wchar_t *format, va_list list) LONGSHORE_NOEXCEPT
{
    int length = longshore_vformat_w(buffer, size, format, list);
    /* The standard's swprintf, unlike snprintf, answers -1 for a buffer that is too small; NULL
       with 0 asks. */
    return length >= 0 && buffer && (size_t)length >= size ? -1 : length;
}
LONGSHORE_REPLACE int swprintf(
    wchar_t *buffer, size_t size, const wchar_t *format, ...) LONGSHORE_NOEXCEPT
{
    va_list list;
    int length;
    va_start(list, format);
    length = vswprintf(buffer, size, format, list);
    va_end(list);
    return length;
}

LONGSHORE_END

#include <longshore/crt/text/wide_bounded.h>
#include <longshore/crt/stdio/wide_scan.h>

#endif
