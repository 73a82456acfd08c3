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
    const wchar_t *text, const wchar_t *format, longshore_scan_flags flags, va_list list)
{
    struct longshore_scan_arguments arguments;
    struct longshore_source source = {
        longshore_get_from_wide_string, longshore_unget_to_wide_string, NULL};
    int fields;
    if (!text || !format) {
        longshore_invalid(EINVAL);
        return EOF;
    }
    source.state = &text;
    va_copy(arguments.list, list);
    arguments.flags = flags;
    arguments.taken = 0;
    fields = longshore_crt_scan_w(&source, format, flags & LONGSHORE_SCAN_BOUNDED,
            longshore_take_scan_argument, &arguments);
    va_end(arguments.list);
    return fields;
}
LONGSHORE_INLINE int longshore_vfscan_w(
    FILE *stream, const wchar_t *format, longshore_scan_flags flags, va_list list)
{
    struct longshore_scan_arguments arguments;
    struct longshore_source source = {
        longshore_get_wide_from_stream, longshore_unget_wide_to_stream, NULL};
    int fields;
    if (!stream || !format) {
        longshore_invalid(EINVAL);
        return EOF;
    }
    source.state = stream;
    va_copy(arguments.list, list);
    arguments.flags = flags;
    arguments.taken = 0;
    fields = longshore_crt_scan_w(&source, format, flags & LONGSHORE_SCAN_BOUNDED,
            longshore_take_scan_argument, &arguments);
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
/* The same, with a size after each string argument. [crt swscanf_s, wscanf_s] */
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

/* The calls whose argument types are seen: see scan_types.h. */
LONGSHORE_INLINE int longshore_typed_swscanf(
    longshore_scan_flags flags, const wchar_t *text, const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vsscan_w(text, format, flags, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int longshore_typed_fwscanf(
    longshore_scan_flags flags, FILE *stream, const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_w(stream, format, flags, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int longshore_typed_wscanf(
    longshore_scan_flags flags, const wchar_t *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_w(stdin, format, flags, list);
    va_end(list);
    return fields;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <class First, class... Rest>
inline int swscanf(const wchar_t *text, const wchar_t *format, First first, Rest... rest)
{
    return longshore_typed_swscanf(
        longshore::longs<First, Rest...>::value, text, format, first, rest...);
}
template <class First, class... Rest>
inline int swscanf_s(const wchar_t *text, const wchar_t *format, First first, Rest... rest)
{
    return longshore_typed_swscanf(longshore::longs<First, Rest...>::value | LONGSHORE_SCAN_BOUNDED,
        text, format, first, rest...);
}
template <class First, class... Rest>
inline int fwscanf(FILE *stream, const wchar_t *format, First first, Rest... rest)
{
    return longshore_typed_fwscanf(
        longshore::longs<First, Rest...>::value, stream, format, first, rest...);
}
template <class First, class... Rest>
inline int fwscanf_s(FILE *stream, const wchar_t *format, First first, Rest... rest)
{
    return longshore_typed_fwscanf(longshore::longs<First, Rest...>::value | LONGSHORE_SCAN_BOUNDED,
        stream, format, first, rest...);
}
template <class First, class... Rest>
inline int wscanf(const wchar_t *format, First first, Rest... rest)
{
    return longshore_typed_wscanf(
        longshore::longs<First, Rest...>::value, format, first, rest...);
}
template <class First, class... Rest>
inline int wscanf_s(const wchar_t *format, First first, Rest... rest)
{
    return longshore_typed_wscanf(
        longshore::longs<First, Rest...>::value | LONGSHORE_SCAN_BOUNDED, format, first, rest...);
}
LONGSHORE_TEMPLATES_END
#else
#define swscanf(text, ...) \
    longshore_typed_swscanf(LONGSHORE_LONGS(__VA_ARGS__), text, __VA_ARGS__)
#define swscanf_s(text, ...) \
    longshore_typed_swscanf( \
        LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, text, __VA_ARGS__)
#define fwscanf(stream, ...) \
    longshore_typed_fwscanf(LONGSHORE_LONGS(__VA_ARGS__), stream, __VA_ARGS__)
#define fwscanf_s(stream, ...) \
    longshore_typed_fwscanf(   \
        LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, stream, __VA_ARGS__)
#define wscanf(...) \
    longshore_typed_wscanf(LONGSHORE_LONGS(__VA_ARGS__), __VA_ARGS__)
#define wscanf_s(...) \
    longshore_typed_wscanf(LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, __VA_ARGS__)
#endif

#endif
