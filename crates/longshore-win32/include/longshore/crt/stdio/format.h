/*
 * printf formats with Microsoft's meaning. The engine is in the library (longshore_crt_format_a and
 * _w); here are the bridge that hands it the variable arguments and the test that keeps ordinary
 * formats with glibc.
 *
 * What differs from glibc: in a wide format %s and %c are wide and %S and %C narrow; in a narrow
 * format the other way round; %hs is narrow and %ls, %ws wide everywhere; %I64d, %I32d, %Iu; %p is
 * 16 upper-case digits; and `l` on an integer is 32 bits wide, because LONG and DWORD are and %lu
 * is how programs print them.
 */
#ifndef LONGSHORE_CRT_FORMAT_H
#define LONGSHORE_CRT_FORMAT_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <longshore/crt/text/characters.h>

LONGSHORE_BEGIN

LONGSHORE_C(int, vsnprintf, (char *, size_t, const char *, va_list));

/* Mirrored by `Argument` and `Kind` in crt_arguments.rs. */
struct longshore_argument {
    long long integer;
    double real;
    void *pointer;
};
enum longshore_argument_kind {
    LONGSHORE_ARGUMENT_INT = 0,
    LONGSHORE_ARGUMENT_LONG_LONG = 1,
    LONGSHORE_ARGUMENT_DOUBLE = 2,
    LONGSHORE_ARGUMENT_LONG_DOUBLE = 3,
    LONGSHORE_ARGUMENT_POINTER = 4,
    /* Of an integer that the format calls `l`: `integer` says how many bytes it has. */
    LONGSHORE_ARGUMENT_LONG_POINTER = 5
};
typedef void (*longshore_next_argument)(void *state, int kind, struct longshore_argument *argument);

/* Both write what fits and always a terminator when `size` is not 0; they answer the whole
   length, or -1. */
/* Formats narrow text: gives the whole length, or -1. */
extern int longshore_crt_format_a(char *buffer, size_t size, const char *format,
    longshore_next_argument next, void *state);
/* Formats wide text; sizes count wide characters. */
extern int longshore_crt_format_w(wchar_t *buffer, size_t size, const wchar_t *format,
    longshore_next_argument next, void *state);

struct longshore_arguments {
    va_list list;
};

LONGSHORE_INLINE void longshore_take_argument(
    void *state, int kind, struct longshore_argument *argument)
{
    struct longshore_arguments *arguments = (struct longshore_arguments *)state;
    switch (kind) {
    case LONGSHORE_ARGUMENT_INT:
        argument->integer = va_arg(arguments->list, int);
        break;
    case LONGSHORE_ARGUMENT_LONG_LONG:
        argument->integer = va_arg(arguments->list, long long);
        break;
    case LONGSHORE_ARGUMENT_DOUBLE:
        argument->real = va_arg(arguments->list, double);
        break;
    case LONGSHORE_ARGUMENT_LONG_DOUBLE:
        argument->real = (double)va_arg(arguments->list, long double);
        break;
    default:
        argument->pointer = va_arg(arguments->list, void *);
        break;
    }
}

/* Whether glibc reads this format as Microsoft does. */
LONGSHORE_INLINE int longshore_format_is_common(const char *format)
{
    for (;;) {
        while (*format && *format != '%')
            ++format;
        if (!*format)
            return 1;
        do
            ++format;
        while (*format == '-' || *format == '+' || *format == ' ' || *format == '#' ||
               *format == '*' || *format == '.' || (*format >= '0' && *format <= '9'));
        switch (*format) {
        case 'I':
        case 'w':
        case 'S':
        case 'C':
        case 'Z':
        case 'p':
            return 0;
        case 'h':
            if (format[1] == 's' || format[1] == 'S' || format[1] == 'c' || format[1] == 'C')
                return 0;
            break;
        case 'l':
            if (format[1] != 'l' && format[1] != 'f' && format[1] != 'e' && format[1] != 'g' &&
                format[1] != 'E' && format[1] != 'G' && format[1] != 'F' && format[1] != 'a' &&
                format[1] != 'A')
                return 0;
            break;
        case 0:
            return 1;
        default:
            break;
        }
        ++format;
    }
}

/* vsnprintf and vswprintf in one manner: what fits, a terminator, the whole length. */
LONGSHORE_INLINE int longshore_vformat_a(
    char *buffer, size_t size, const char *format, va_list list)
{
    struct longshore_arguments arguments;
    int length;
    if (!format) {
        longshore_invalid(EINVAL);
        return -1;
    }
    va_copy(arguments.list, list);
    if (longshore_format_is_common(format))
        length = longshore_c_vsnprintf(buffer, size, format, arguments.list);
    else
        length = longshore_crt_format_a(buffer, size, format, longshore_take_argument, &arguments);
    va_end(arguments.list);
    return length;
}
LONGSHORE_INLINE int longshore_vformat_w(
    wchar_t *buffer, size_t size, const wchar_t *format, va_list list)
{
    struct longshore_arguments arguments;
    int length;
    if (!format) {
        longshore_invalid(EINVAL);
        return -1;
    }
    va_copy(arguments.list, list);
    length = longshore_crt_format_w(buffer, size, format, longshore_take_argument, &arguments);
    va_end(arguments.list);
    return length;
}

LONGSHORE_END

#endif
