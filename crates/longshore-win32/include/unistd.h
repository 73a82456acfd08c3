/* Longshore: <unistd.h> with Winsock's gethostname and socklen_t, which is signed. */
#ifdef LONGSHORE_NATIVE_SOCKETS
#include_next <unistd.h>
#elif !defined(LONGSHORE_UNISTD_H)
#define LONGSHORE_UNISTD_H
#define gethostname longshore_libc_gethostname
#define socklen_t   longshore_libc_socklen_t
#include_next <unistd.h>
#undef gethostname
#undef socklen_t
#ifndef LONGSHORE_GETHOSTNAME
#define LONGSHORE_GETHOSTNAME
#ifdef __cplusplus
extern "C"
#endif
/* Gives the name of this machine. [winsock2.h gethostname] */
int gethostname(char *name, int namelen) __asm__("longshore_gethostname");
#endif
#endif
