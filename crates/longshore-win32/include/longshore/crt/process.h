/* Threads of the CRT, the environment, the process's end, other programs. */
#ifndef LONGSHORE_CRT_PROCESS_H
#define LONGSHORE_CRT_PROCESS_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <longshore/crt/text/characters.h>

LONGSHORE_BEGIN

typedef void (*_beginthread_proc_type)(void *);
typedef unsigned int (*_beginthreadex_proc_type)(void *);

/* In the library, beside CreateThread. */
/* Starts a thread whose handle is closed at its end; -1 and errno on failure. [crt _beginthread] */
extern uintptr_t _beginthread(_beginthread_proc_type start, unsigned int stack_size,
    void *argument);
/* Starts a thread; 0 and errno on failure. [crt _beginthreadex] */
extern uintptr_t _beginthreadex(void *security, unsigned int stack_size,
    _beginthreadex_proc_type start, void *argument, unsigned int flags, unsigned int *thread_id);
/* Ends the calling thread of _beginthread and closes its handle. [crt _endthread] */
extern void _endthread(void);
/* Ends the calling thread with a code. [crt _endthreadex] */
extern void _endthreadex(unsigned int result);

LONGSHORE_C(int, getpid, (void));
LONGSHORE_C(int, setenv, (const char *, const char *, int));
LONGSHORE_C(int, unsetenv, (const char *));
LONGSHORE_PLAIN_C(int, atexit, (void (*)(void)));
LONGSHORE_C(int, execvp, (const char *, char *const *));
LONGSHORE_C(int, execv, (const char *, char *const *));
extern char **longshore_c_environ __asm__("__environ");
extern char *longshore_c_program __asm__("program_invocation_name");
/* pause, cls, title, color, mode, chcp and cd are answered here; the rest goes to /bin/sh. */
/* Runs a command; gives its exit code. */
extern int longshore_system(const char *command);

#define _environ longshore_c_environ
/* Its name on Windows too, which glibc keeps to itself in strict modes. */
extern char **environ;
#define _pgmptr longshore_c_program

/* Filled by the start-up object of programs with wmain or WinMain. */
__attribute__((weak)) int __argc;
__attribute__((weak)) char **__argv;
__attribute__((weak)) wchar_t **__wargv;

/* The id of the process. [crt _getpid] */
LONGSHORE_INLINE int _getpid(void) { return longshore_c_getpid(); }

/* A variable of the environment, into a buffer. [crt getenv_s] */
LONGSHORE_INLINE errno_t getenv_s(size_t *needed, char *buffer, size_t size, const char *name)
{
    const char *value;
    size_t length;
    if (!needed)
        return longshore_invalid(EINVAL);
    *needed = 0;
    if (buffer && size)
        buffer[0] = 0;
    if ((buffer == NULL) != (size == 0) || !name)
        return longshore_invalid(EINVAL);
    value = longshore_c_getenv(name);
    if (!value)
        return 0;
    length = longshore_c_strlen(value) + 1;
    *needed = length;
    if (size == 0)
        return 0;
    if (length > size)
        return ERANGE; /* the size is the answer: no invalid parameter */
    longshore_c_memcpy(buffer, value, length);
    return 0;
}
/* A copy of a variable, to be freed. [crt _dupenv_s] */
LONGSHORE_INLINE errno_t _dupenv_s(char **buffer, size_t *size, const char *name)
{
    const char *value;
    size_t length;
    if (!buffer)
        return longshore_invalid(EINVAL);
    *buffer = NULL;
    if (size)
        *size = 0;
    if (!name)
        return longshore_invalid(EINVAL);
    value = longshore_c_getenv(name);
    if (!value)
        return 0;
    length = longshore_c_strlen(value) + 1;
    *buffer = (char *)longshore_c_malloc(length);
    if (!*buffer)
        return longshore_invalid(ENOMEM);
    longshore_c_memcpy(*buffer, value, length);
    if (size)
        *size = length;
    return 0;
}
/* Sets a variable; an empty value removes it. [crt _putenv_s] */
LONGSHORE_INLINE errno_t _putenv_s(const char *name, const char *value)
{
    if (!name || !value)
        return longshore_invalid(EINVAL);
    if ((*value ? longshore_c_setenv(name, value, 1) : longshore_c_unsetenv(name)) == 0)
        return 0;
    return errno;
}
/* "name=value" is copied; "name=" removes the variable. */
LONGSHORE_INLINE int _putenv(const char *assignment)
{
    size_t length = 0;
    char *name;
    errno_t error;
    while (assignment && assignment[length] && assignment[length] != '=')
        ++length;
    if (!assignment || length == 0 || !assignment[length]) {
        longshore_invalid(EINVAL);
        return -1;
    }
    name = (char *)longshore_c_malloc(length + 1);
    if (!name) {
        errno = ENOMEM;
        return -1;
    }
    longshore_c_memcpy(name, assignment, length);
    name[length] = 0;
    error = _putenv_s(name, assignment + length + 1);
    longshore_c_free(name);
    return error ? -1 : 0;
}
/* The environment with wide characters. [crt _wputenv, _wgetenv_s] */
LONGSHORE_INLINE int _wputenv(const wchar_t *assignment)
{
    char *narrow = longshore_utf8_copy(assignment);
    int result = _putenv(narrow);
    longshore_c_free(narrow);
    return result;
}
LONGSHORE_INLINE errno_t _wputenv_s(const wchar_t *name, const wchar_t *value)
{
    char *narrow_name = longshore_utf8_copy(name);
    char *narrow_value = longshore_utf8_copy(value);
    errno_t error = _putenv_s(narrow_name, narrow_value);
    longshore_c_free(narrow_name);
    longshore_c_free(narrow_value);
    return error;
}
LONGSHORE_INLINE errno_t _wdupenv_s(wchar_t **buffer, size_t *size, const wchar_t *name)
{
    char *narrow_name;
    const char *value;
    if (!buffer)
        return longshore_invalid(EINVAL);
    *buffer = NULL;
    if (size)
        *size = 0;
    if (!name)
        return longshore_invalid(EINVAL);
    narrow_name = longshore_utf8_copy(name);
    value = narrow_name ? longshore_c_getenv(narrow_name) : NULL;
    longshore_c_free(narrow_name);
    if (!value)
        return 0;
    *buffer = longshore_wide_copy(value);
    if (!*buffer)
        return longshore_invalid(ENOMEM);
    if (size)
        *size = longshore_c_wcslen(*buffer) + 1;
    return 0;
}
LONGSHORE_INLINE errno_t _wgetenv_s(
    size_t *needed, wchar_t *buffer, size_t size, const wchar_t *name)
{
    wchar_t *value;
    errno_t error;
    size_t length;
    if (!needed)
        return longshore_invalid(EINVAL);
    *needed = 0;
    if (buffer && size)
        buffer[0] = 0;
    if ((buffer == NULL) != (size == 0) || !name)
        return longshore_invalid(EINVAL);
    error = _wdupenv_s(&value, &length, name);
    if (error || !value)
        return error;
    *needed = length;
    if (size && length > size)
        error = ERANGE;
    else if (size)
        longshore_c_memcpy(buffer, value, length * sizeof *value);
    longshore_c_free(value);
    return error;
}
/* The text belongs to the thread and lasts until its next call. */
LONGSHORE_INLINE wchar_t *_wgetenv(const wchar_t *name)
{
    static __thread wchar_t *last;
    longshore_c_free(last);
    last = NULL;
    _wdupenv_s(&last, NULL, name);
    return last;
}

/* Runs a command. [crt _wsystem] */
LONGSHORE_INLINE int _wsystem(const wchar_t *command)
{
    char *narrow = longshore_utf8_copy(command);
    int status = longshore_system(narrow);
    longshore_c_free(narrow);
    return status;
}
/* The path of the program. [crt _get_pgmptr] */
LONGSHORE_INLINE errno_t _get_pgmptr(char **program)
{
    if (!program)
        return longshore_invalid(EINVAL);
    *program = longshore_c_program;
    return 0;
}
/* Replaces the process by another program. [crt _execv, _execvp] */
LONGSHORE_INLINE intptr_t _execv(const char *program, const char *const *arguments)
{
    return longshore_c_execv(program, (char *const *)(uintptr_t)arguments);
}
LONGSHORE_INLINE intptr_t _execvp(const char *program, const char *const *arguments)
{
    return longshore_c_execvp(program, (char *const *)(uintptr_t)arguments);
}

typedef int (*_onexit_t)(void);
/* Registers a function for the end of the process. [crt _onexit] */
LONGSHORE_INLINE _onexit_t _onexit(_onexit_t function)
{
    return longshore_c_atexit((void (*)(void))(uintptr_t)function) ? NULL : function;
}
/* What exit() does, without the end: here, writing the streams out. */
LONGSHORE_INLINE void _cexit(void) { longshore_c_fflush(NULL); }
/* Cleans up without ending the process: nothing to do. [crt _c_exit] */
LONGSHORE_INLINE void _c_exit(void) {}

#define _P_WAIT 0
#define _P_NOWAIT 1
#define _P_OVERLAY 2
#define _P_NOWAITO 3
#define _P_DETACH 4
#define _WAIT_CHILD 0
#define _WAIT_GRANDCHILD 1
#define _OUT_TO_DEFAULT 0
#define _OUT_TO_STDERR 1
#define _OUT_TO_MSGBOX 2
#define _REPORT_ERRMODE 3
#define _WRITE_ABORT_MSG 0x1
#define _CALL_REPORTFAULT 0x2
/* What abort() and errors do: accepted, not changed. [crt _set_abort_behavior] */
LONGSHORE_INLINE unsigned int _set_abort_behavior(unsigned int flags, unsigned int mask)
{
    (void)flags;
    (void)mask;
    return 0;
}
LONGSHORE_INLINE int _set_error_mode(int mode)
{
    (void)mode;
    return _OUT_TO_STDERR;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size>
inline errno_t getenv_s(size_t *needed, char (&buffer)[Size], const char *name)
{
    return getenv_s(needed, buffer, Size, name);
}
template <size_t Size>
inline errno_t _wgetenv_s(size_t *needed, wchar_t (&buffer)[Size], const wchar_t *name)
{
    return _wgetenv_s(needed, buffer, Size, name);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
