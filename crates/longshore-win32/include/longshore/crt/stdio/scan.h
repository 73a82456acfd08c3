/*
 * scanf with Microsoft's formats. The bounded functions take, after the pointer for %s, %c and %[,
 * the size of the buffer as an unsigned int; a field that does not fit empties the buffer and ends
 * the scan. The engine is in the library (longshore_crt_scan_a and _w); ordinary unbounded narrow
 * formats stay with glibc.
 */
#ifndef LONGSHORE_CRT_SCAN_H
#define LONGSHORE_CRT_SCAN_H
#pragma GCC system_header

#include <stdio.h>
#include <longshore/crt/stdio/format.h>

LONGSHORE_BEGIN

LONGSHORE_C(int, vsscanf, (const char *, const char *, va_list));
LONGSHORE_C(int, vfscanf, (FILE *, const char *, va_list));

#define LONGSHORE_SCAN_BOUNDED 1u

/* Where characters come from: -1 at the end; at most one is given back. */
struct longshore_source {
    int (*get)(void *state);
    void (*unget)(void *state, int character);
    void *state;
};

/* Scans narrow input: gives the number of fields stored, or -1. */
extern int longshore_crt_scan_a(const struct longshore_source *source, const char *format,
    unsigned int flags, longshore_next_argument next, void *state);
/* Scans wide input. */
extern int longshore_crt_scan_w(const struct longshore_source *source, const wchar_t *format,
    unsigned int flags, longshore_next_argument next, void *state);

LONGSHORE_INLINE int longshore_get_from_string(void *state)
{
    const unsigned char **at = (const unsigned char **)state;
    return **at ? *(*at)++ : -1;
}
LONGSHORE_INLINE void longshore_unget_to_string(void *state, int character)
{
    (void)character;
    --*(const unsigned char **)state;
}
LONGSHORE_INLINE int longshore_get_from_wide_string(void *state)
{
    const wchar_t **at = (const wchar_t **)state;
    return **at ? (int)*(*at)++ : -1;
}
LONGSHORE_INLINE void longshore_unget_to_wide_string(void *state, int character)
{
    (void)character;
    --*(const wchar_t **)state;
}
LONGSHORE_INLINE int longshore_get_from_stream(void *state)
{
    return longshore_c_getc((FILE *)state);
}
LONGSHORE_INLINE void longshore_unget_to_stream(void *state, int character)
{
    longshore_c_ungetc(character, (FILE *)state);
}

LONGSHORE_INLINE int longshore_scan_is_common(const char *format)
{
    for (; *format; ++format) {
        if (*format != '%')
            continue;
        do
            ++format;
        while (*format == '*' || (*format >= '0' && *format <= '9'));
        if (!*format)
            return 1;
        if (*format == 'I' || *format == 'w' || *format == 'S' || *format == 'C')
            return 0;
        if ((*format == 'h' || *format == 'l') &&
            (format[1] == 's' || format[1] == 'S' || format[1] == 'c' || format[1] == 'C' ||
                format[1] == '['))
            return 0;
    }
    return 1;
}
LONGSHORE_INLINE int longshore_vsscan_a(
    const char *text, const char *format, unsigned int flags, va_list list)
{
    struct longshore_arguments arguments;
    struct longshore_source source = {longshore_get_from_string, longshore_unget_to_string, NULL};
    int fields;
    if (!text || !format) {
        longshore_invalid(EINVAL);
        return EOF;
    }
    source.state = &text;
    va_copy(arguments.list, list);
    if (!flags && longshore_scan_is_common(format))
        fields = longshore_c_vsscanf(text, format, arguments.list);
    else
        fields = longshore_crt_scan_a(&source, format, flags, longshore_take_argument, &arguments);
    va_end(arguments.list);
    return fields;
}
LONGSHORE_INLINE int longshore_vfscan_a(
    FILE *stream, const char *format, unsigned int flags, va_list list)
{
    struct longshore_arguments arguments;
    struct longshore_source source = {longshore_get_from_stream, longshore_unget_to_stream, NULL};
    int fields;
    if (!stream || !format) {
        longshore_invalid(EINVAL);
        return EOF;
    }
    source.state = stream;
    va_copy(arguments.list, list);
    if (!flags && longshore_scan_is_common(format))
        fields = longshore_c_vfscanf(stream, format, arguments.list);
    else
        fields = longshore_crt_scan_a(&source, format, flags, longshore_take_argument, &arguments);
    va_end(arguments.list);
    return fields;
}

/* Scans a string. [crt sscanf] */
extern int sscanf(const char *text, const char *format,
    ...) LONGSHORE_NOEXCEPT __asm__("longshore_sscanf");
/* Scans a string. [crt vsscanf] */
extern int vsscanf(const char *text, const char *format,
    va_list list) LONGSHORE_NOEXCEPT __asm__("longshore_vsscanf");
/* Scans standard input. [crt scanf] */
extern int scanf(const char *format, ...) __asm__("longshore_scanf");
/* Scans standard input. [crt vscanf] */
extern int vscanf(const char *format, va_list list) __asm__("longshore_vscanf");
/* Scans a stream. [crt fscanf] */
extern int fscanf(FILE *stream, const char *format, ...) __asm__("longshore_fscanf");
/* Scans a stream. [crt vfscanf] */
extern int vfscanf(FILE *stream, const char *format, va_list list) __asm__("longshore_vfscanf");

LONGSHORE_REPLACE int vsscanf(const char *text, const char *format, va_list list) LONGSHORE_NOEXCEPT
{
    return longshore_vsscan_a(text, format, 0, list);
}
LONGSHORE_REPLACE int sscanf(const char *text, const char *format, ...) LONGSHORE_NOEXCEPT
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vsscan_a(text, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_REPLACE int vscanf(const char *format, va_list list)
{
    return longshore_vfscan_a(stdin, format, 0, list);
}
LONGSHORE_REPLACE int scanf(const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_a(stdin, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_REPLACE int vfscanf(FILE *stream, const char *format, va_list list)
{
    return longshore_vfscan_a(stream, format, 0, list);
}
LONGSHORE_REPLACE int fscanf(FILE *stream, const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_a(stream, format, 0, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int vsscanf_s(const char *text, const char *format, va_list list)
{
    return longshore_vsscan_a(text, format, LONGSHORE_SCAN_BOUNDED, list);
}
LONGSHORE_INLINE int sscanf_s(const char *text, const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vsscan_a(text, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int vscanf_s(const char *format, va_list list)
{
    return longshore_vfscan_a(stdin, format, LONGSHORE_SCAN_BOUNDED, list);
}
LONGSHORE_INLINE int scanf_s(const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_a(stdin, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}
LONGSHORE_INLINE int vfscanf_s(FILE *stream, const char *format, va_list list)
{
    return longshore_vfscan_a(stream, format, LONGSHORE_SCAN_BOUNDED, list);
}
LONGSHORE_INLINE int fscanf_s(FILE *stream, const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = longshore_vfscan_a(stream, format, LONGSHORE_SCAN_BOUNDED, list);
    va_end(list);
    return fields;
}

LONGSHORE_END

#endif
