/*
 * setlocale. Narrow text is UTF-8 here whatever the locale's name says, so a name of Microsoft's
 * ("korean", "chs", ".65001", "Korean_Korea.949") that glibc does not have selects the UTF-8
 * character type and succeeds, and the user's own locale keeps UTF-8 even where the environment
 * asks for "C". Only "C" itself is left as it is.
 */
#ifndef LONGSHORE_CRT_LOCALE_H
#define LONGSHORE_CRT_LOCALE_H
#pragma GCC system_header

#include <locale.h>
#include <longshore/crt/text/characters.h>

LONGSHORE_BEGIN

LONGSHORE_C(char *, setlocale, (int, const char *));
LONGSHORE_PLAIN_C(size_t, __ctype_get_mb_cur_max, (void));

LONGSHORE_INLINE char *longshore_setlocale_utf8(int category, const char *name)
{
    char *set = longshore_c_setlocale(category, name);
    if (!name || (category != LC_ALL && category != LC_CTYPE) || (name[0] == 'C' && !name[1]))
        return set;
    /* A UTF-8 locale has characters of up to six bytes. */
    if (set && longshore_c___ctype_get_mb_cur_max() == 6)
        return set;
    if (longshore_c_setlocale(LC_CTYPE, "C.UTF-8"))
        return longshore_c_setlocale(category, NULL);
    return set;
}
/* Sets the locale of the C library. [crt setlocale] */
extern char *setlocale(int category,
    const char *name) LONGSHORE_NOEXCEPT __asm__("longshore_setlocale");
LONGSHORE_REPLACE char *setlocale(int category, const char *name) LONGSHORE_NOEXCEPT
{
    return longshore_setlocale_utf8(category, name);
}
/* setlocale with wide characters. [crt _wsetlocale] */
LONGSHORE_INLINE wchar_t *_wsetlocale(int category, const wchar_t *name)
{
    static __thread wchar_t *last;
    char *narrow = longshore_utf8_copy(name);
    wchar_t *set = longshore_wide_copy(longshore_setlocale_utf8(category, narrow));
    longshore_c_free(narrow);
    if (set) {
        longshore_c_free(last);
        last = set;
    }
    return set;
}
#define _ENABLE_PER_THREAD_LOCALE 1
#define _DISABLE_PER_THREAD_LOCALE 2
/* Locales of threads, of which there are none. [crt _configthreadlocale] */
LONGSHORE_INLINE int _configthreadlocale(int mode)
{
    (void)mode;
    return _DISABLE_PER_THREAD_LOCALE;
}

LONGSHORE_END

#endif
