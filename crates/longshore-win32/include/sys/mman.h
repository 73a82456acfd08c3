/* glibc's <sys/mman.h>, whose shm_open takes the flags of our <fcntl.h>. */
#pragma GCC system_header
#include_next <sys/mman.h>
#if !defined(LONGSHORE_MMAN_H) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define LONGSHORE_MMAN_H
#ifdef __cplusplus
extern "C" {
#endif
/* Opens shared memory: not Windows', but beside it. [sys/mman.h shm_open] */
extern int shm_open(const char *name, int flags, mode_t mode) __asm__("longshore_shm_open");
#ifdef __cplusplus
}
#endif
#endif
