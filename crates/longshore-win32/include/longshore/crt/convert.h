/* Numbers and text, bytes and bits, searching and sorting, random numbers. */
#ifndef LONGSHORE_CRT_CONVERT_H
#define LONGSHORE_CRT_CONVERT_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <longshore/crt/text/characters.h>

#ifndef _MAX_ITOSTR_BASE10_COUNT
#define _MAX_ITOSTR_BASE10_COUNT 12
#define _MAX_ITOSTR_BASE16_COUNT 9
#define _MAX_ITOSTR_BASE2_COUNT 33
#define _MAX_I64TOSTR_BASE10_COUNT 21
#define _MAX_U64TOSTR_BASE10_COUNT 21
#define _MAX_U64TOSTR_BASE16_COUNT 17
#define _MAX_U64TOSTR_BASE2_COUNT 65
#endif
#define _CVTBUFSIZE (309 + 40)

LONGSHORE_BEGIN

LONGSHORE_C(long long, strtoll, (const char *, char **, int));
LONGSHORE_C(unsigned long long, strtoull, (const char *, char **, int));
LONGSHORE_C(double, strtod, (const char *, char **));
LONGSHORE_C(long long, wcstoll, (const wchar_t *, wchar_t **, int));
LONGSHORE_C(unsigned long long, wcstoull, (const wchar_t *, wchar_t **, int));
LONGSHORE_C(double, wcstod, (const wchar_t *, wchar_t **));
LONGSHORE_C(char *, gcvt, (double, int, char *));
LONGSHORE_C(long, getrandom, (void *, size_t, unsigned int));

#define LONGSHORE_CHAR char
#define LONGSHORE_OWN(name) longshore_convert_##name
#define LONGSHORE_TO(from, suffix) _##from##toa##suffix
#include <longshore/crt/convert.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_OWN
#undef LONGSHORE_TO

#define LONGSHORE_CHAR wchar_t
#define LONGSHORE_OWN(name) longshore_wide_convert_##name
#define LONGSHORE_TO(from, suffix) _##from##tow##suffix
#include <longshore/crt/convert.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_OWN
#undef LONGSHORE_TO

/* The names without an underscore. [crt itoa] */
LONGSHORE_INLINE char *itoa(int value, char *buffer, int radix)
{
    return _itoa(value, buffer, radix);
}
LONGSHORE_INLINE char *ltoa(long value, char *buffer, int radix)
{
    return _ltoa(value, buffer, radix);
}
LONGSHORE_INLINE char *ultoa(unsigned long value, char *buffer, int radix)
{
    return _ultoa(value, buffer, radix);
}

/* Numbers of 64 bits from text. [crt _strtoi64, _strtoui64] */
LONGSHORE_INLINE long long _strtoi64(const char *text, char **end, int radix)
{
    return longshore_c_strtoll(text, end, radix);
}
LONGSHORE_INLINE unsigned long long _strtoui64(const char *text, char **end, int radix)
{
    return longshore_c_strtoull(text, end, radix);
}
LONGSHORE_INLINE long long _wcstoi64(const wchar_t *text, wchar_t **end, int radix)
{
    return longshore_c_wcstoll(text, end, radix);
}
LONGSHORE_INLINE unsigned long long _wcstoui64(const wchar_t *text, wchar_t **end, int radix)
{
    return longshore_c_wcstoull(text, end, radix);
}
/* Out of range is the nearest value that fits, as Microsoft has it. */
LONGSHORE_INLINE int longshore_to_int(long long value)
{
    return value > 0x7FFFFFFFll        ? 0x7FFFFFFF
           : value < -0x7FFFFFFFll - 1 ? -0x7FFFFFFF - 1
                                       : (int)value;
}
/* Numbers from text; text that is no number is 0. [crt _atoi64, _wtoi64] */
LONGSHORE_INLINE long long _atoi64(const char *text)
{
    return text ? longshore_c_strtoll(text, NULL, 10) : 0;
}
LONGSHORE_INLINE long long _wtoi64(const wchar_t *text)
{
    return text ? longshore_c_wcstoll(text, NULL, 10) : 0;
}
LONGSHORE_INLINE long long _wtoll(const wchar_t *text) { return _wtoi64(text); }
LONGSHORE_INLINE int _wtoi(const wchar_t *text) { return longshore_to_int(_wtoi64(text)); }
LONGSHORE_INLINE long _wtol(const wchar_t *text) { return longshore_to_int(_wtoi64(text)); }
LONGSHORE_INLINE double _wtof(const wchar_t *text)
{
    return text ? longshore_c_wcstod(text, NULL) : 0.0;
}
/* A floating-point number as text. [crt _gcvt, _gcvt_s] */
LONGSHORE_INLINE char *_gcvt(double value, int digits, char *buffer)
{
    return longshore_c_gcvt(value, digits, buffer);
}
LONGSHORE_INLINE errno_t _gcvt_s(char *buffer, size_t size, double value, int digits)
{
    char text[512];
    size_t length;
    if (!buffer || size == 0)
        return longshore_invalid(EINVAL);
    buffer[0] = 0;
    if (digits < 0 || (size_t)digits >= size || digits > 400)
        return longshore_invalid(ERANGE);
    longshore_c_gcvt(value, digits, text);
    length = longshore_c_strlen(text) + 1;
    if (length > size)
        return longshore_invalid(ERANGE);
    longshore_c_memcpy(buffer, text, length);
    return 0;
}

/* Rotates the bits of a number. [crt _rotl, _rotr] */
LONGSHORE_INLINE unsigned int longshore_rotl(unsigned int value, int shift)
{
    return value << (shift & 31) | value >> (-shift & 31);
}
LONGSHORE_INLINE unsigned int longshore_rotr(unsigned int value, int shift)
{
    return value >> (shift & 31) | value << (-shift & 31);
}
LONGSHORE_INLINE unsigned long long _rotl64(unsigned long long value, int shift)
{
    return value << (shift & 63) | value >> (-shift & 63);
}
LONGSHORE_INLINE unsigned long long _rotr64(unsigned long long value, int shift)
{
    return value >> (shift & 63) | value << (-shift & 63);
}
/* Macros, because the compiler's <x86intrin.h> has macros of these names; its _lrotl is for a
   long of 64 bits. */
#undef _rotl
#undef _rotr
#undef _lrotl
#undef _lrotr
#define _rotl(value, shift) longshore_rotl((value), (shift))
#define _rotr(value, shift) longshore_rotr((value), (shift))
#define _lrotl(value, shift) longshore_rotl((unsigned int)(value), (shift))
#define _lrotr(value, shift) longshore_rotr((unsigned int)(value), (shift))
/* Reverses the bytes of a number. [crt _byteswap_ushort, _byteswap_ulong] */
LONGSHORE_INLINE unsigned short _byteswap_ushort(unsigned short value)
{
    return __builtin_bswap16(value);
}
LONGSHORE_INLINE unsigned int _byteswap_ulong(unsigned int value)
{
    return __builtin_bswap32(value);
}
LONGSHORE_INLINE unsigned long long _byteswap_uint64(unsigned long long value)
{
    return __builtin_bswap64(value);
}

/* Randomness from the system, 32 bits a call. */
LONGSHORE_INLINE errno_t rand_s(unsigned int *value)
{
    if (!value)
        return longshore_invalid(EINVAL);
    if (longshore_c_getrandom(value, sizeof *value, 0) != (long)sizeof *value) {
        *value = 0;
        return ENOMEM;
    }
    return 0;
}

typedef int (*longshore_compare)(void *context, const void *left, const void *right);
LONGSHORE_C(
    void, qsort_r, (void *, size_t, size_t, int (*)(const void *, const void *, void *), void *));
struct longshore_ordering {
    longshore_compare compare;
    void *context;
};
LONGSHORE_INLINE int longshore_order(const void *left, const void *right, void *ordering)
{
    struct longshore_ordering *by = (struct longshore_ordering *)ordering;
    return by->compare(by->context, left, right);
}
/* Sorts; the comparison gets a context. [crt qsort_s] */
LONGSHORE_INLINE void qsort_s(
    void *base, size_t count, size_t width, longshore_compare compare, void *context)
{
    struct longshore_ordering by;
    if ((!base && count) || width == 0 || !compare) {
        longshore_invalid(EINVAL);
        return;
    }
    by.compare = compare;
    by.context = context;
    longshore_c_qsort_r(base, count, width, longshore_order, &by);
}
/* Binary search; the comparison gets a context. [crt bsearch_s] */
LONGSHORE_INLINE void *bsearch_s(const void *key, const void *base, size_t count, size_t width,
                                 longshore_compare compare, void *context)
{
    const char *low = (const char *)base;
    if (!key || (!base && count) || width == 0 || !compare) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    while (count) {
        const char *middle = low + count / 2 * width;
        int order = compare(context, key, middle);
        if (order == 0)
            return (void *)(uintptr_t)middle;
        if (order > 0) {
            low = middle + width;
            --count;
        }
        count /= 2;
    }
    return NULL;
}
/* Linear search: _lfind looks, _lsearch appends what it does not find. */
LONGSHORE_INLINE void *_lfind(const void *key, const void *base, unsigned int *count,
    unsigned int width, int (*compare)(const void *, const void *))
{
    const char *at = (const char *)base;
    unsigned int left;
    for (left = *count; left; --left, at += width)
        if (compare(key, at) == 0)
            return (void *)(uintptr_t)at;
    return NULL;
}
/* Linear search that adds what it does not find. [crt _lsearch] */
LONGSHORE_INLINE void *_lsearch(const void *key, void *base, unsigned int *count,
    unsigned int width, int (*compare)(const void *, const void *))
{
    void *found = _lfind(key, base, count, width, compare);
    if (found)
        return found;
    return longshore_c_memcpy((char *)base + (size_t)(*count)++ * width, key, width);
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size> inline errno_t _itoa_s(int value, char (&buffer)[Size], int radix)
{
    return _itoa_s(value, buffer, Size, radix);
}
template <size_t Size> inline errno_t _ltoa_s(long value, char (&buffer)[Size], int radix)
{
    return _ltoa_s(value, buffer, Size, radix);
}
template <size_t Size> inline errno_t _ultoa_s(unsigned long value, char (&buffer)[Size], int radix)
{
    return _ultoa_s(value, buffer, Size, radix);
}
template <size_t Size> inline errno_t _i64toa_s(long long value, char (&buffer)[Size], int radix)
{
    return _i64toa_s(value, buffer, Size, radix);
}
template <size_t Size>
inline errno_t _ui64toa_s(unsigned long long value, char (&buffer)[Size], int radix)
{
    return _ui64toa_s(value, buffer, Size, radix);
}
template <size_t Size> inline errno_t _itow_s(int value, wchar_t (&buffer)[Size], int radix)
{
    return _itow_s(value, buffer, Size, radix);
}
template <size_t Size> inline errno_t _ltow_s(long value, wchar_t (&buffer)[Size], int radix)
{
    return _ltow_s(value, buffer, Size, radix);
}
template <size_t Size>
inline errno_t _ultow_s(unsigned long value, wchar_t (&buffer)[Size], int radix)
{
    return _ultow_s(value, buffer, Size, radix);
}
template <size_t Size> inline errno_t _i64tow_s(long long value, wchar_t (&buffer)[Size], int radix)
{
    return _i64tow_s(value, buffer, Size, radix);
}
template <size_t Size>
inline errno_t _ui64tow_s(unsigned long long value, wchar_t (&buffer)[Size], int radix)
{
    return _ui64tow_s(value, buffer, Size, radix);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
