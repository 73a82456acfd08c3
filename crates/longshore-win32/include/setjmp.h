/* glibc's setjmp, and a longjmp that runs __finally blocks on its way, as Microsoft's does. */
#ifndef LONGSHORE_SETJMP_H
#define LONGSHORE_SETJMP_H
#pragma GCC system_header
#define longjmp longshore_longjmp_of_glibc_
#include_next <setjmp.h>
#undef longjmp
#undef setjmp

#ifdef __cplusplus
extern "C" {
#endif
/* Notes in a jump buffer, where only sigsetjmp keeps a mask of signals, which __try statements the
   thread is in. */
void longshore_setjmp(void *place);
/* Ends the __try statements that the thread has entered since, as an exception would. */
void longshore_longjmp(void *place);
void longshore_siglongjmp_(struct __jmp_buf_tag env[1], int value)
    __asm__("siglongjmp") __attribute__((__noreturn__));

static inline struct __jmp_buf_tag *longshore_setjmp_here_(struct __jmp_buf_tag env[1])
{
    longshore_setjmp(&env[0].__saved_mask);
    return env;
}

__attribute__((__noreturn__)) static inline void longjmp(struct __jmp_buf_tag env[1], int value)
{
    longshore_longjmp(&env[0].__saved_mask);
    longshore_siglongjmp_(env, value);
}
#ifdef __cplusplus
}
#endif

#define setjmp(env) _setjmp(longshore_setjmp_here_(env))
#endif
