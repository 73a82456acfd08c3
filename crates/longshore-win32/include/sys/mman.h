/* glibc's <sys/mman.h>, whose shm_open takes the flags of our <fcntl.h>. Not Windows', but beside it. */
#pragma GCC system_header
#include_next <sys/mman.h>
#if !defined(LONGSHORE_MMAN_H) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define LONGSHORE_MMAN_H
#ifdef __cplusplus
extern "C" {
#endif
extern int shm_open(const char *name, int flags, mode_t mode) __asm__("longshore_shm_open");
#ifdef __cplusplus
}
#endif
#endif
