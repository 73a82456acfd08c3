/*
 * What every CRT shim stands on: the types, the error rule, and the C library's own functions under
 * names that no feature macro hides and no macro of the program can reach.
 *
 * The error rule (Microsoft's "invalid parameter", without its abort): a bounded function that
 * cannot do its work empties the destination, sets errno, calls the handler of
 * _set_invalid_parameter_handler if there is one, and returns the error. It never ends the program.
 */
#ifndef LONGSHORE_CRT_BASE_H
#define LONGSHORE_CRT_BASE_H
#pragma GCC system_header

#include <features.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define LONGSHORE_BEGIN extern "C" {
#define LONGSHORE_END }
#define LONGSHORE_TEMPLATES_BEGIN extern "C++" {
#define LONGSHORE_TEMPLATES_END }
#define LONGSHORE_INLINE inline
/* One definition that replaces a function of glibc's: shared between translation units. */
#define LONGSHORE_REPLACE inline
#define LONGSHORE_NOEXCEPT noexcept
#else
#define LONGSHORE_BEGIN
#define LONGSHORE_END
#define LONGSHORE_INLINE static __inline__ __attribute__((unused))
#define LONGSHORE_REPLACE __attribute__((weak))
#define LONGSHORE_NOEXCEPT
#endif

/* longshore_c_NAME is glibc's function NAME, whatever the program has defined or left undefined.
   Those of the heap, and those that compilers take for built in, are the program's as well. */
#define LONGSHORE_C(result, name, parameters) extern result longshore_c_##name parameters
#define LONGSHORE_PLAIN_C(result, name, parameters) \
    extern result longshore_c_##name parameters __asm__(#name)

#ifndef __cdecl
#define __cdecl
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef __CRTDECL
#define __CRTDECL
#endif
#ifndef _CRTIMP
#define _CRTIMP
#endif
#ifndef _ACRTIMP
#define _ACRTIMP
#endif
#ifndef __int64
#define __int64 long long
#endif

#ifndef _CRT_WIDE
#define LONGSHORE_CRT_WIDE(text) L##text
#define _CRT_WIDE(text) LONGSHORE_CRT_WIDE(text)
#endif
#ifndef _CRT_STRINGIZE
#define LONGSHORE_CRT_STRINGIZE(text) #text
#define _CRT_STRINGIZE(text) LONGSHORE_CRT_STRINGIZE(text)
#endif
#ifndef __FILEW__
#define __FILEW__ _CRT_WIDE(__FILE__)
#endif
#ifndef _CRT_UNUSED
#define _CRT_UNUSED(x) (void)(x)
#endif

typedef int errno_t;
typedef size_t rsize_t;
#ifndef RSIZE_MAX
#define RSIZE_MAX ((rsize_t)(SIZE_MAX >> 1))
#endif
#define _TRUNCATE ((size_t)-1)
#ifndef STRUNCATE
#define STRUNCATE 80
#endif

#ifndef _countof
#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <typename Type, size_t Size> char (*longshore_countof(Type (&)[Size]))[Size];
LONGSHORE_TEMPLATES_END
#define _countof(array) (sizeof(*longshore_countof(array)) + 0)
#else
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#endif

struct _IO_FILE; /* FILE */

LONGSHORE_BEGIN

LONGSHORE_C(char *, getenv, (const char *));
LONGSHORE_C(int, fflush, (struct _IO_FILE *));
LONGSHORE_C(int, getc, (struct _IO_FILE *));
LONGSHORE_C(int, ungetc, (int, struct _IO_FILE *));
LONGSHORE_C(size_t, fwrite, (const void *, size_t, size_t, struct _IO_FILE *));
LONGSHORE_PLAIN_C(void *, malloc, (size_t));
LONGSHORE_PLAIN_C(void *, realloc, (void *, size_t));
LONGSHORE_PLAIN_C(void, free, (void *));
LONGSHORE_PLAIN_C(void *, memcpy, (void *, const void *, size_t));
LONGSHORE_PLAIN_C(void *, memmove, (void *, const void *, size_t));
LONGSHORE_PLAIN_C(void *, memset, (void *, int, size_t));
LONGSHORE_PLAIN_C(size_t, strlen, (const char *));
LONGSHORE_PLAIN_C(size_t, wcslen, (const wchar_t *));
LONGSHORE_C(int, tolower, (int));
LONGSHORE_C(int, toupper, (int));
/* wint_t is unsigned int on every Linux; <wctype.h> is not needed for two functions. */
LONGSHORE_C(unsigned int, towlower, (unsigned int));
LONGSHORE_C(unsigned int, towupper, (unsigned int));

typedef void (*_invalid_parameter_handler)(const wchar_t *expression, const wchar_t *function,
    const wchar_t *file, unsigned int line, uintptr_t reserved);

/* One per program: weak, so that every translation unit may define it. */
__attribute__((weak)) _invalid_parameter_handler longshore_invalid_parameter_handler;

/* The function for invalid arguments. [crt _set_invalid_parameter_handler] */
LONGSHORE_INLINE _invalid_parameter_handler _set_invalid_parameter_handler(
    _invalid_parameter_handler handler)
{
    return __atomic_exchange_n(&longshore_invalid_parameter_handler, handler, __ATOMIC_ACQ_REL);
}
LONGSHORE_INLINE _invalid_parameter_handler _get_invalid_parameter_handler(void)
{
    return __atomic_load_n(&longshore_invalid_parameter_handler, __ATOMIC_ACQUIRE);
}
/* Per thread on Windows; here both set the one handler. */
#define _set_thread_local_invalid_parameter_handler _set_invalid_parameter_handler
#define _get_thread_local_invalid_parameter_handler _get_invalid_parameter_handler

LONGSHORE_INLINE errno_t longshore_invalid(errno_t error)
{
    _invalid_parameter_handler handler = _get_invalid_parameter_handler();
    errno = error;
    if (handler) {
        handler(NULL, NULL, NULL, 0, 0);
        errno = error;
    }
    return error;
}

/* errno as a function. [crt _get_errno, _set_errno] */
LONGSHORE_INLINE errno_t _get_errno(int *value)
{
    if (!value)
        return longshore_invalid(EINVAL);
    *value = errno;
    return 0;
}
LONGSHORE_INLINE errno_t _set_errno(int value)
{
    errno = value;
    return 0;
}

LONGSHORE_END

#endif
