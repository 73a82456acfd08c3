/* glibc's <semaphore.h>, whose sem_open takes the flags of our <fcntl.h>. Not Windows', but beside it. */
#pragma GCC system_header
#include_next <semaphore.h>
#if !defined(LONGSHORE_SEMAPHORE_H) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define LONGSHORE_SEMAPHORE_H
#ifdef __cplusplus
extern "C" {
#endif
extern sem_t *sem_open(const char *name, int flags, ...) __asm__("longshore_sem_open");
#ifdef __cplusplus
}
#endif
#endif
