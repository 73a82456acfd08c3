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
#include <longshore/crt/stdio/scan_types.h>

LONGSHORE_BEGIN

LONGSHORE_C(int, vsscanf, (const char *, const char *, va_list));
LONGSHORE_C(int, vfscanf, (FILE *, const char *, va_list));

/* Bit 0: the functions are the bounded ones. Bit n: the n-th argument after the format points to a
   `long`. */
#define LONGSHORE_SCAN_BOUNDED 1u
typedef unsigned long long longshore_scan_flags;

struct longshore_scan_arguments {
    va_list list;
    longshore_scan_flags flags;
    unsigned int taken;
};
LONGSHORE_INLINE void longshore_take_scan_argument(
    void *state, int kind, struct longshore_argument *argument)
{
    struct longshore_scan_arguments *arguments = (struct longshore_scan_arguments *)state;
    unsigned int index = ++arguments->taken;
    if (kind == LONGSHORE_ARGUMENT_INT) {
        argument->integer = va_arg(arguments->list, int);
        return;
    }
    argument->pointer = va_arg(arguments->list, void *);
    argument->integer = index < 64 && (arguments->flags >> index & 1) ? 8 : 4;
}

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

LONGSHORE_INLINE int longshore_narrow_get_string(void *state)
{
    const unsigned char **at = (const unsigned char **)state;
    return **at ? *(*at)++ : -1;
}
LONGSHORE_INLINE void longshore_narrow_unget_string(void *state, int character)
{
    (void)character;
    --*(const unsigned char **)state;
}
LONGSHORE_INLINE int longshore_wide_get_string(void *state)
{
    const wchar_t **at = (const wchar_t **)state;
    return **at ? (int)*(*at)++ : -1;
}
LONGSHORE_INLINE void longshore_wide_unget_string(void *state, int character)
{
    (void)character;
    --*(const wchar_t **)state;
}
LONGSHORE_INLINE int longshore_narrow_get_stream(void *state)
{
    return longshore_c_getc((FILE *)state);
}
LONGSHORE_INLINE void longshore_narrow_unget_stream(void *state, int character)
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
        /* `l` on an integer is four bytes or eight, which glibc cannot tell. */
        if (*format == 'l' && (format[1] == 'd' || format[1] == 'i' || format[1] == 'o' ||
                                  format[1] == 'u' || format[1] == 'x' || format[1] == 'X' ||
                                  format[1] == 'n'))
            return 0;
        if ((*format == 'h' || *format == 'l') &&
            (format[1] == 's' || format[1] == 'S' || format[1] == 'c' || format[1] == 'C' ||
                format[1] == '['))
            return 0;
    }
    return 1;
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

#define LONGSHORE_CHAR char
#define LONGSHORE_SCAN(before, after) before##scanf##after
#define LONGSHORE_SCAN_LIBC(before) longshore_c_##before##scanf
#define LONGSHORE_SCAN_ENGINE longshore_crt_scan_a
#define LONGSHORE_SOURCE(what, of) longshore_narrow_##what##_##of
#include <longshore/crt/stdio/scan.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_SCAN
#undef LONGSHORE_SCAN_LIBC
#undef LONGSHORE_SCAN_ENGINE
#undef LONGSHORE_SOURCE

#ifndef __cplusplus
#define sscanf(text, ...) \
    longshore_typed_sscanf(LONGSHORE_LONGS(__VA_ARGS__), text, __VA_ARGS__)
#define sscanf_s(text, ...) \
    longshore_typed_sscanf(LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, text, __VA_ARGS__)
#define fscanf(stream, ...) \
    longshore_typed_fscanf(LONGSHORE_LONGS(__VA_ARGS__), stream, __VA_ARGS__)
#define fscanf_s(stream, ...) \
    longshore_typed_fscanf(   \
        LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, stream, __VA_ARGS__)
#define scanf(...) \
    longshore_typed_scanf(LONGSHORE_LONGS(__VA_ARGS__), __VA_ARGS__)
#define scanf_s(...) \
    longshore_typed_scanf(LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, __VA_ARGS__)
#endif

#endif
