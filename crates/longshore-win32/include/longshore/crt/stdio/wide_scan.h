/* Wide scanf: %s and %c are wide, %S and %C narrow. See crt_scan.h. */
#ifndef LONGSHORE_CRT_WIDE_SCAN_H
#define LONGSHORE_CRT_WIDE_SCAN_H
#pragma GCC system_header

#include <longshore/crt/stdio/scan.h>
#include <longshore/crt/stdio/wide_stdio.h>

LONGSHORE_BEGIN

LONGSHORE_INLINE int longshore_get_wide_from_stream(void *state)
{
    wint_t character = longshore_read_wide((FILE *)state);
    return character == WEOF ? -1 : (int)character;
}
LONGSHORE_INLINE void longshore_unget_wide_to_stream(void *state, int character)
{
    ungetwc((wint_t)character, (FILE *)state);
}
LONGSHORE_INLINE int longshore_vsscan_w(
    const wchar_t *text, const wchar_t *format, unsigned int flags, va_list list)
{
    struct longshore_arguments arguments;
    struct longshore_source source = {
        longshore_get_from_wide_string, longshore_unget_to_wide_string, NULL};
    int fields;
    if (!text || !format) {
        longshore_invalid(EINVAL);
        return EOF;
    }
    source.state = &text;
    va_copy(arguments.list, list);
    fields = longshore_crt_scan_w(&source, format, flags, longshore_take_argument, &arguments);
    va_end(arguments.list);
    return fields;
}
LONGSHORE_INLINE int longshore_vfscan_w(
    FILE *stream, const wchar_t *format, unsigned int flags, va_list list)
{
    struct longshore_arguments arguments;
    struct longshore_source source = {
        longshore_get_wide_from_stream, longshore_unget_wide_to_stream, NULL};
    int fields;
    if (!stream || !format) {
        longshore_invalid(EINVAL);
        return EOF;
    }
    source.state = stream;
    va_copy(arguments.list, list);
    fields = longshore_crt_scan_w(&source, format, flags, longshore_take_argument, &arguments);
    va_end(arguments.list);
    return fields;
}

/* Scans a string. [crt swscanf] */
extern int swscanf(const wchar_t *text, const wchar_t *format,
    ...) LONGSHORE_NOEXCEPT __asm__("longshore_swscanf");
/* Scans a string. [crt vswscanf] */
extern int vswscanf(const wchar_t *text, const wchar_t *format,
    va_list list) LONGSHORE_NOEXCEPT __asm__("longshore_vswscanf");
/* Scans standard input. [crt wscanf] */
extern int wscanf(const wchar_t *format, ...) __asm__("longshore_wscanf");
/* Scans standard input. [crt vwscanf] */
extern int vwscanf(const wchar_t *format, va_list list) __asm__("longshore_vwscanf");
/* Scans a stream. [crt fwscanf] */
extern int fwscanf(FILE *stream, const wchar_t *format, ...) __asm__("longshore_fwscanf");
/* Scans a stream. [crt vfwscanf] */
extern int vfwscanf(FILE *stream, const wchar_t *format,
    va_list list) __asm__("longshore_vfwscanf");

LONGSHORE_REPLACE int vswscanf(
    const wchar_t *text, const wchar_t *format, va_list list) LONGSHORE_NOEXCEPT
{
    return longshore_vsscan_w(text, format, 0, list);
}
LONGSHORE_REPLACE int swscanf(const wchar_t *text, const wchar_t *format, ...) LONGSHORE_NOEXCEPT
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vsscan_w(text, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_REPLACE int vwscanf(const wchar_t *format, va_list list)
{
    return longshore_vfscan_w(stdin, format, 0, list);
}
LONGSHORE_REPLACE int wscanf(const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_w(stdin, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_REPLACE int vfwscanf(FILE *stream, const wchar_t *format, va_list list)
{
    return longshore_vfscan_w(stream, format, 0, list);
}
LONGSHORE_REPLACE int fwscanf(FILE *stream, const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_w(stream, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int vswscanf_s(const wchar_t *text, const wchar_t *format, va_list list)
{
    return longshore_vsscan_w(text, format, LONGSHORE_SCAN_BOUNDED, list);
}
LONGSHORE_INLINE int swscanf_s(const wchar_t *text, const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vsscan_w(text, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int vwscanf_s(const wchar_t *format, va_list list)
{
    return longshore_vfscan_w(stdin, format, LONGSHORE_SCAN_BOUNDED, list);
}
LONGSHORE_INLINE int wscanf_s(const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_w(stdin, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int vfwscanf_s(FILE *stream, const wchar_t *format, va_list list)
{
    return longshore_vfscan_w(stream, format, LONGSHORE_SCAN_BOUNDED, list);
}
LONGSHORE_INLINE int fwscanf_s(FILE *stream, const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_w(stream, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}

LONGSHORE_END

#endif
