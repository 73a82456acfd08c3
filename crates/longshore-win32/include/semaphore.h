/* glibc's <semaphore.h>, whose sem_open takes the flags of our <fcntl.h>. */
#pragma GCC system_header
#include_next <semaphore.h>
#if !defined(LONGSHORE_SEMAPHORE_H) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define LONGSHORE_SEMAPHORE_H
#ifdef __cplusplus
extern "C" {
#endif
/* Opens a named semaphore: not Windows', but beside it. [semaphore.h sem_open] */
extern sem_t *sem_open(const char *name, int flags, ...) __asm__("longshore_sem_open");
#ifdef __cplusplus
}
#endif
#endif
