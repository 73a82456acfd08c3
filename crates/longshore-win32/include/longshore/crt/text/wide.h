/* Wide strings: the bounded functions, the underscore spellings, conversions between wide text
   and UTF-8. */
#ifndef LONGSHORE_CRT_WIDE_H
#define LONGSHORE_CRT_WIDE_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <wchar.h>
#include <longshore/memory/blocks.h>
#include <longshore/crt/text/characters.h>

LONGSHORE_BEGIN

#define LONGSHORE_CHAR wchar_t
#define LONGSHORE_FILL wchar_t
#define LONGSHORE_STR(name) wcs##name
#define LONGSHORE_STR_(name) _wcs##name
#define LONGSHORE_OWN(name) longshore_wcs_##name
#define LONGSHORE_LENGTH longshore_c_wcslen
#define LONGSHORE_LOWER(c) longshore_c_towlower((unsigned int)(c))
#define LONGSHORE_UPPER(c) longshore_c_towupper((unsigned int)(c))
#include <longshore/crt/text/bounded.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_FILL
#undef LONGSHORE_STR
#undef LONGSHORE_STR_
#undef LONGSHORE_OWN
#undef LONGSHORE_LENGTH
#undef LONGSHORE_LOWER
#undef LONGSHORE_UPPER

#ifndef _NLSCMPERROR
#define _NLSCMPERROR 2147483647
#endif

/* Compares without regard to letter case. [crt _wcsnicmp, _wcsicmp] */
LONGSHORE_INLINE int _wcsnicmp(const wchar_t *left, const wchar_t *right, size_t count)
{
    if (!left || !right) {
        longshore_invalid(EINVAL);
        return _NLSCMPERROR;
    }
    for (; count; --count, ++left, ++right) {
        unsigned int one = longshore_c_towlower((unsigned int)*left);
        unsigned int other = longshore_c_towlower((unsigned int)*right);
        if (one != other)
            return one < other ? -1 : 1;
        if (one == 0)
            return 0;
    }
    return 0;
}
LONGSHORE_INLINE int _wcsicmp(const wchar_t *left, const wchar_t *right)
{
    return _wcsnicmp(left, right, (size_t)-1);
}
LONGSHORE_INLINE int _wcsicoll(const wchar_t *left, const wchar_t *right)
{
    return _wcsicmp(left, right);
}
LONGSHORE_INLINE int wcsicmp(const wchar_t *left, const wchar_t *right)
{
    return _wcsicmp(left, right);
}
LONGSHORE_INLINE int wcsnicmp(const wchar_t *left, const wchar_t *right, size_t count)
{
    return _wcsnicmp(left, right, count);
}
/* A copy of a string, to be freed. [crt _wcsdup] */
LONGSHORE_INLINE wchar_t *_wcsdup(const wchar_t *string)
{
    size_t bytes;
    wchar_t *copy;
    if (!string)
        return NULL;
    bytes = (longshore_c_wcslen(string) + 1) * sizeof *string;
    copy = (wchar_t *)longshore_c_malloc(bytes);
    if (copy)
        longshore_c_memcpy(copy, string, bytes);
    return copy;
}
/* The names without an underscore. [crt wcslwr, wcsupr] */
LONGSHORE_INLINE wchar_t *wcslwr(wchar_t *string) { return _wcslwr(string); }
LONGSHORE_INLINE wchar_t *wcsupr(wchar_t *string) { return _wcsupr(string); }
LONGSHORE_INLINE wchar_t *wcsrev(wchar_t *string) { return _wcsrev(string); }
LONGSHORE_INLINE wchar_t *wcsset(wchar_t *string, wchar_t fill) { return _wcsset(string, fill); }

LONGSHORE_C(char *, strerror_r, (int, char *, size_t));
/* The message of an errno. [crt _wcserror_s, _wcserror] */
LONGSHORE_INLINE errno_t _wcserror_s(wchar_t *buffer, size_t size, int error)
{
    char text[256];
    const char *message = longshore_c_strerror_r(error, text, sizeof text);
    size_t length;
    if (!buffer || size == 0)
        return longshore_invalid(EINVAL);
    length = longshore_wide_from_utf8(buffer, size - 1, message, longshore_c_strlen(message));
    buffer[length < size ? length : size - 1] = 0;
    return 0;
}
LONGSHORE_INLINE wchar_t *_wcserror(int error)
{
    static __thread wchar_t text[256];
    _wcserror_s(text, _countof(text), error);
    return text;
}
/* wcstok as old MSVC has it, without a context of the caller's. */
LONGSHORE_INLINE wchar_t *longshore_wcstok(wchar_t *string, const wchar_t *delimiters)
{
    static __thread wchar_t *context;
    return !string && !context ? NULL : wcstok_s(string, delimiters, &context);
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
inline wchar_t *wcstok(wchar_t *string, const wchar_t *delimiters)
{
    return longshore_wcstok(string, delimiters);
}
template <size_t Size> inline errno_t wcscpy_s(wchar_t (&destination)[Size], const wchar_t *source)
{
    return wcscpy_s(destination, Size, source);
}
template <size_t Size> inline errno_t wcscat_s(wchar_t (&destination)[Size], const wchar_t *source)
{
    return wcscat_s(destination, Size, source);
}
template <size_t Size>
inline errno_t wcsncpy_s(wchar_t (&destination)[Size], const wchar_t *source, size_t count)
{
    return wcsncpy_s(destination, Size, source, count);
}
template <size_t Size>
inline errno_t wcsncat_s(wchar_t (&destination)[Size], const wchar_t *source, size_t count)
{
    return wcsncat_s(destination, Size, source, count);
}
template <size_t Size>
inline errno_t _wcslwr_s(wchar_t (&string)[Size])
{
    return _wcslwr_s(string, Size);
}
template <size_t Size>
inline errno_t _wcsupr_s(wchar_t (&string)[Size])
{
    return _wcsupr_s(string, Size);
}
template <size_t Size> inline errno_t _wcsset_s(wchar_t (&string)[Size], wchar_t fill)
{
    return _wcsset_s(string, Size, fill);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
