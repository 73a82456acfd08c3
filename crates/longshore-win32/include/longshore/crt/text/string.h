/* Narrow strings: the bounded functions, the underscore spellings, and the C++ forms that deduce
   a buffer's size. */
#ifndef LONGSHORE_CRT_STRING_H
#define LONGSHORE_CRT_STRING_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <string.h>
#include <longshore/memory/blocks.h>

LONGSHORE_BEGIN

#define LONGSHORE_CHAR char
#define LONGSHORE_FILL int
#define LONGSHORE_STR(name) str##name
#define LONGSHORE_STR_(name) _str##name
#define LONGSHORE_OWN(name) longshore_str_##name
#define LONGSHORE_LENGTH longshore_c_strlen
#define LONGSHORE_LOWER(c) longshore_c_tolower((unsigned char)(c))
#define LONGSHORE_UPPER(c) longshore_c_toupper((unsigned char)(c))
#include <longshore/crt/text/bounded.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_FILL
#undef LONGSHORE_STR
#undef LONGSHORE_STR_
#undef LONGSHORE_OWN
#undef LONGSHORE_LENGTH
#undef LONGSHORE_LOWER
#undef LONGSHORE_UPPER

LONGSHORE_C(int, strcasecmp, (const char *, const char *));
LONGSHORE_C(int, strncasecmp, (const char *, const char *, size_t));
LONGSHORE_C(int, strcoll, (const char *, const char *));
LONGSHORE_C(char *, strdup, (const char *));
LONGSHORE_C(char *, strerror_r, (int, char *, size_t));

/* Microsoft answers _NLSCMPERROR for a null string instead of faulting. */
#define _NLSCMPERROR 2147483647

/* Compares without regard to letter case. [crt _stricmp] */
LONGSHORE_INLINE int _stricmp(const char *left, const char *right)
{
    if (!left || !right) {
        longshore_invalid(EINVAL);
        return _NLSCMPERROR;
    }
    return longshore_c_strcasecmp(left, right);
}
/* The same for at most `count` characters. [crt _strnicmp] */
LONGSHORE_INLINE int _strnicmp(const char *left, const char *right, size_t count)
{
    if (!left || !right) {
        longshore_invalid(EINVAL);
        return _NLSCMPERROR;
    }
    return longshore_c_strncasecmp(left, right, count);
}
/* The same in the order of the locale, and other names. [crt _stricoll, stricmp] */
LONGSHORE_INLINE int _stricoll(const char *left, const char *right)
{
    return _stricmp(left, right);
}
LONGSHORE_INLINE int _strcmpi(const char *left, const char *right) { return _stricmp(left, right); }
LONGSHORE_INLINE int stricmp(const char *left, const char *right) { return _stricmp(left, right); }
LONGSHORE_INLINE int strcmpi(const char *left, const char *right) { return _stricmp(left, right); }
LONGSHORE_INLINE int strnicmp(const char *left, const char *right, size_t count)
{
    return _strnicmp(left, right, count);
}
LONGSHORE_INLINE int _strncoll(const char *left, const char *right, size_t count)
{
    return strncmp(left, right, count);
}
/* A copy of a string, to be freed. [crt _strdup] */
LONGSHORE_INLINE char *_strdup(const char *string)
{
    return string ? longshore_c_strdup(string) : NULL;
}
/* The names without an underscore. [crt strlwr, strupr] */
LONGSHORE_INLINE char *strlwr(char *string) { return _strlwr(string); }
LONGSHORE_INLINE char *strupr(char *string) { return _strupr(string); }
LONGSHORE_INLINE char *strrev(char *string) { return _strrev(string); }
LONGSHORE_INLINE char *strset(char *string, int fill) { return _strset(string, fill); }
LONGSHORE_INLINE char *strnset(char *string, int fill, size_t count)
{
    return _strnset(string, fill, count);
}

/* The message of an errno. [crt strerror_s] */
LONGSHORE_INLINE errno_t strerror_s(char *buffer, size_t size, int error)
{
    char text[256];
    if (!buffer || size == 0)
        return longshore_invalid(EINVAL);
    /* Microsoft truncates the text and calls that success. */
    strncpy_s(buffer, size, longshore_c_strerror_r(error, text, sizeof text), _TRUNCATE);
    return 0;
}
LONGSHORE_INLINE size_t strerrorlen_s(int error)
{
    char text[256];
    return longshore_c_strlen(longshore_c_strerror_r(error, text, sizeof text));
}
/* "what: the text of errno\n", as _strerror answers it; the buffer belongs to the thread. */
LONGSHORE_INLINE char *_strerror(const char *what)
{
    static __thread char text[352];
    char reason[256];
    int error = errno;
    text[0] = 0;
    if (what && *what) {
        strncat_s(text, sizeof text, what, 92);
        strcat_s(text, sizeof text, ": ");
    }
    strncat_s(text, sizeof text, longshore_c_strerror_r(error, reason, sizeof reason), 254);
    strcat_s(text, sizeof text, "\n");
    return text;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size> inline errno_t strcpy_s(char (&destination)[Size], const char *source)
{
    return strcpy_s(destination, Size, source);
}
template <size_t Size> inline errno_t strcat_s(char (&destination)[Size], const char *source)
{
    return strcat_s(destination, Size, source);
}
template <size_t Size>
inline errno_t strncpy_s(char (&destination)[Size], const char *source, size_t count)
{
    return strncpy_s(destination, Size, source, count);
}
template <size_t Size>
inline errno_t strncat_s(char (&destination)[Size], const char *source, size_t count)
{
    return strncat_s(destination, Size, source, count);
}
template <size_t Size> inline errno_t strerror_s(char (&destination)[Size], int error)
{
    return strerror_s(destination, Size, error);
}
template <size_t Size>
inline errno_t _strlwr_s(char (&string)[Size])
{
    return _strlwr_s(string, Size);
}
template <size_t Size>
inline errno_t _strupr_s(char (&string)[Size])
{
    return _strupr_s(string, Size);
}
template <size_t Size> inline errno_t _strset_s(char (&string)[Size], int fill)
{
    return _strset_s(string, Size, fill);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
