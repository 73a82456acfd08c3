/*
 * Wide text (UTF-32, wchar_t of four bytes) and UTF-8, in both directions, whatever the locale is.
 * What cannot be represented becomes U+FFFD; a surrogate pair that a program spelled out is joined.
 */
#ifndef LONGSHORE_CRT_TEXT_H
#define LONGSHORE_CRT_TEXT_H
#pragma GCC system_header

#include <longshore/crt/base.h>

LONGSHORE_BEGIN

#define LONGSHORE_REPLACEMENT 0xFFFDu

/* One character to at most four bytes; answers how many. */
LONGSHORE_INLINE size_t longshore_utf8_encode(char out[4], unsigned int point)
{
    if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
        point = LONGSHORE_REPLACEMENT;
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* One character from `count` bytes (at least one); answers how many it used. Bad bytes are
   U+FFFD, one at a time. */
LONGSHORE_INLINE size_t longshore_utf8_decode(unsigned int *point, const char *text, size_t count)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned int value, least;
    size_t length, next;
    if (bytes[0] < 0x80) {
        *point = bytes[0];
        return 1;
    }
    *point = LONGSHORE_REPLACEMENT;
    if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF) {
        length = 2;
        value = bytes[0] & 0x1Fu;
        least = 0x80;
    } else if (bytes[0] >= 0xE0 && bytes[0] <= 0xEF) {
        length = 3;
        value = bytes[0] & 0x0Fu;
        least = 0x800;
    } else if (bytes[0] >= 0xF0 && bytes[0] <= 0xF4) {
        length = 4;
        value = bytes[0] & 0x07u;
        least = 0x10000;
    } else {
        return 1;
    }
    if (count < length)
        return 1;
    for (next = 1; next < length; ++next) {
        if ((bytes[next] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (bytes[next] & 0x3Fu);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 1;
    *point = value;
    return length;
}

/* The next character of wide text: a written-out surrogate pair counts as one. */
LONGSHORE_INLINE size_t longshore_wide_decode(
    unsigned int *point, const wchar_t *text, size_t count)
{
    unsigned int first = (unsigned int)text[0];
    if (first >= 0xD800 && first <= 0xDBFF && count > 1) {
        unsigned int second = (unsigned int)text[1];
        if (second >= 0xDC00 && second <= 0xDFFF) {
            *point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return 2;
        }
    }
    *point = first;
    return 1;
}

/*
 * Both conversions answer the length the whole text needs, without a terminator, and write whole
 * characters while they fit. They add no terminator. `out` may be NULL with size 0.
 */
LONGSHORE_INLINE size_t longshore_utf8_from_wide(
    char *out, size_t size, const wchar_t *text, size_t count)
{
    size_t used = 0, at = 0;
    int full = 0;
    while (at < count) {
        char bytes[4];
        unsigned int point;
        size_t length;
        at += longshore_wide_decode(&point, text + at, count - at);
        length = longshore_utf8_encode(bytes, point);
        if (!full && used + length <= size)
            longshore_c_memcpy(out + used, bytes, length);
        else
            full = 1;
        used += length;
    }
    return used;
}
LONGSHORE_INLINE size_t longshore_wide_from_utf8(
    wchar_t *out, size_t size, const char *text, size_t count)
{
    size_t used = 0, at = 0;
    while (at < count) {
        unsigned int point;
        at += longshore_utf8_decode(&point, text + at, count - at);
        if (used < size)
            out[used] = (wchar_t)point;
        ++used;
    }
    return used;
}

/* A NUL-terminated copy from malloc; NULL for NULL or without memory. */
LONGSHORE_INLINE char *longshore_utf8_copy(const wchar_t *text)
{
    size_t count, size;
    char *copy;
    if (!text)
        return NULL;
    count = longshore_c_wcslen(text);
    size = longshore_utf8_from_wide(NULL, 0, text, count);
    copy = (char *)longshore_c_malloc(size + 1);
    if (copy) {
        longshore_utf8_from_wide(copy, size, text, count);
        copy[size] = 0;
    }
    return copy;
}
LONGSHORE_INLINE wchar_t *longshore_wide_copy(const char *text)
{
    size_t count, size;
    wchar_t *copy;
    if (!text)
        return NULL;
    count = longshore_c_strlen(text);
    size = longshore_wide_from_utf8(NULL, 0, text, count);
    copy = (wchar_t *)longshore_c_malloc((size + 1) * sizeof *copy);
    if (copy) {
        longshore_wide_from_utf8(copy, size, text, count);
        copy[size] = 0;
    }
    return copy;
}

/* `count` is in units of the destination, as Microsoft documents it; *converted counts the
   terminator. */
LONGSHORE_INLINE errno_t mbstowcs_s(
    size_t *converted, wchar_t *destination, size_t size, const char *source, size_t count)
{
    size_t needed, at = 0, used = 0;
    if (converted)
        *converted = 0;
    if ((destination == NULL) != (size == 0))
        return longshore_invalid(EINVAL);
    if (destination)
        destination[0] = 0;
    if (!source)
        return longshore_invalid(EINVAL);
    needed = longshore_c_strlen(source);
    if (!destination) {
        if (converted)
            *converted = longshore_wide_from_utf8(NULL, 0, source, needed) + 1;
        return 0;
    }
    while (at < needed && used < count) {
        unsigned int point;
        if (used + 1 >= size) {
            if (count != _TRUNCATE) {
                destination[0] = 0;
                return longshore_invalid(ERANGE);
            }
            destination[used] = 0;
            if (converted)
                *converted = used + 1;
            return STRUNCATE;
        }
        at += longshore_utf8_decode(&point, source + at, needed - at);
        destination[used++] = (wchar_t)point;
    }
    destination[used] = 0;
    if (converted)
        *converted = used + 1;
    return 0;
}
/* Wide text as UTF-8. [crt wcstombs_s] */
LONGSHORE_INLINE errno_t wcstombs_s(
    size_t *converted, char *destination, size_t size, const wchar_t *source, size_t count)
{
    size_t needed, at = 0, used = 0;
    if (converted)
        *converted = 0;
    if ((destination == NULL) != (size == 0))
        return longshore_invalid(EINVAL);
    if (destination)
        destination[0] = 0;
    if (!source)
        return longshore_invalid(EINVAL);
    needed = longshore_c_wcslen(source);
    if (!destination) {
        if (converted)
            *converted = longshore_utf8_from_wide(NULL, 0, source, needed) + 1;
        return 0;
    }
    while (at < needed && used < count) {
        char bytes[4];
        unsigned int point;
        size_t taken = longshore_wide_decode(&point, source + at, needed - at);
        size_t length = longshore_utf8_encode(bytes, point);
        if (length > count - used)
            break;
        if (used + length >= size) {
            if (count != _TRUNCATE) {
                destination[0] = 0;
                return longshore_invalid(ERANGE);
            }
            destination[used] = 0;
            if (converted)
                *converted = used + 1;
            return STRUNCATE;
        }
        longshore_c_memcpy(destination + used, bytes, length);
        used += length;
        at += taken;
    }
    destination[used] = 0;
    if (converted)
        *converted = used + 1;
    return 0;
}
/* One wide character as UTF-8. [crt wctomb_s] */
LONGSHORE_INLINE errno_t wctomb_s(int *length, char *destination, size_t size, wchar_t character)
{
    char bytes[4];
    size_t used;
    if (!destination) {
        if (length)
            *length = 0;
        return 0;
    }
    used = longshore_utf8_encode(bytes, (unsigned int)character);
    if (used > size)
        return longshore_invalid(ERANGE);
    longshore_c_memcpy(destination, bytes, used);
    if (length)
        *length = (int)used;
    return 0;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size>
inline errno_t mbstowcs_s(
    size_t *converted, wchar_t (&destination)[Size], const char *source, size_t count)
{
    return mbstowcs_s(converted, destination, Size, source, count);
}
template <size_t Size>
inline errno_t wcstombs_s(
    size_t *converted, char (&destination)[Size], const wchar_t *source, size_t count)
{
    return wcstombs_s(converted, destination, Size, source, count);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
