/* What <stdlib.h> brings: conversions, memory, the environment, paths, and system() with the
   words of cmd.exe. */
#ifndef LONGSHORE_CRT_STDLIB_H
#define LONGSHORE_CRT_STDLIB_H
#pragma GCC system_header

#include <stdlib.h>
#include <longshore/crt/convert.h>
#include <longshore/memory/blocks.h>
#include <longshore/crt/files/path.h>
#include <longshore/crt/process.h>

#ifndef __max
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef _doserrno
#define _doserrno errno
#endif
#ifndef _MAX_ENV
#define _MAX_ENV 32767
#endif

LONGSHORE_BEGIN

/* Runs a command; gives its exit code. [crt system] */
extern int system(const char *command) __asm__("longshore_system");
#ifdef __USE_XOPEN2KXSI
/* Opens the master of a pseudo-terminal: not Windows', but beside it. [stdlib.h posix_openpt] */
extern int posix_openpt(int flags) __asm__("longshore_posix_openpt");
#endif

LONGSHORE_C(char *, getcwd, (char *, size_t));

/* An absolute path without ".", ".." and doubled separators, whether or not the file exists. */
LONGSHORE_INLINE char *_fullpath(char *absolute, const char *path, size_t size)
{
    char made[4096];
    size_t used = 0, at = 0;
    char *given = longshore_path_copy(path && *path ? path : ".");
    if (!given)
        return NULL;
    if (given[0] != '/') {
        if (!longshore_c_getcwd(made, sizeof made)) {
            longshore_c_free(given);
            return NULL;
        }
        used = longshore_c_strlen(made);
        if (used == 1)
            used = 0;
    }
    while (given[at]) {
        size_t length = 0;
        while (given[at] == '/')
            ++at;
        while (given[at + length] && given[at + length] != '/')
            ++length;
        if (length == 2 && given[at] == '.' && given[at + 1] == '.') {
            while (used && made[--used] != '/')
                ;
        } else if (length && !(length == 1 && given[at] == '.')) {
            if (used + length + 2 > sizeof made) {
                longshore_c_free(given);
                longshore_invalid(ERANGE);
                return NULL;
            }
            made[used++] = '/';
            longshore_c_memcpy(made + used, given + at, length);
            used += length;
        }
        at += length;
    }
    longshore_c_free(given);
    if (used == 0)
        made[used++] = '/';
    made[used++] = 0;
    if (absolute && used > size) {
        longshore_invalid(ERANGE);
        return NULL;
    }
    if (!absolute)
        absolute = (char *)longshore_c_malloc(used);
    if (absolute)
        longshore_c_memcpy(absolute, made, used);
    return absolute;
}
/* The absolute path of a relative one. [crt _fullpath, _wfullpath] */
LONGSHORE_INLINE wchar_t *_wfullpath(wchar_t *absolute, const wchar_t *path, size_t size)
{
    char *narrow = longshore_utf8_copy(path);
    char *made = _fullpath(NULL, narrow, 0);
    wchar_t *wide = longshore_wide_copy(made);
    longshore_c_free(narrow);
    longshore_c_free(made);
    if (wide && absolute) {
        size_t length = longshore_c_wcslen(wide) + 1;
        if (length <= size)
            longshore_c_memcpy(absolute, wide, length * sizeof *wide);
        else
            longshore_invalid(ERANGE);
        longshore_c_free(wide);
        return length <= size ? absolute : NULL;
    }
    return wide;
}

typedef void (*_purecall_handler)(void);
/* The function for pure virtual calls. [crt _set_purecall_handler] */
LONGSHORE_INLINE _purecall_handler _set_purecall_handler(_purecall_handler handler)
{
    (void)handler; /* the C++ runtime calls std::terminate */
    return NULL;
}
LONGSHORE_C(int, usleep, (unsigned int));
/* Sleeps for so many milliseconds. [synchapi Sleep] */
LONGSHORE_INLINE void _sleep(unsigned int milliseconds)
{
    for (; milliseconds >= 1000; milliseconds -= 1000)
        longshore_c_usleep(999999), longshore_c_usleep(1);
    longshore_c_usleep(milliseconds * 1000);
}

LONGSHORE_END

#endif
