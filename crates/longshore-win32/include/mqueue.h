/* glibc's <mqueue.h>, whose mq_open takes the flags of our <fcntl.h>. */
#pragma GCC system_header
#include_next <mqueue.h>
#if !defined(LONGSHORE_MQUEUE_H) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define LONGSHORE_MQUEUE_H
#ifdef __cplusplus
extern "C" {
#endif
/* Opens a message queue: not Windows', but beside it. [mqueue.h mq_open] */
extern mqd_t mq_open(const char *name, int flags, ...) __asm__("longshore_mq_open");
#ifdef __cplusplus
}
#endif
#endif
