/*
 * Longshore: <sys/poll.h> describes Winsock's names differently, so a source file has one or the
 * other, and a Linux library's header gets what they have in common. LONGSHORE_NATIVE_SOCKETS says
 * that a file means the system's.
 */
#if defined(LONGSHORE_AS_LINUX) && defined(LONGSHORE_BESIDE_WINSOCK) && \
    !defined(LONGSHORE_NATIVE_SOCKETS)
#include <longshore/socket/beside_winsock.h>
#else
#if defined(_WINSOCK2API_) && !defined(LONGSHORE_NATIVE_SOCKETS)
#error \
    "<sys/poll.h> was included after <winsock2.h>: \
a source file uses either Winsock or the system's sockets"
#endif
#ifndef LONGSHORE_LIBC_SOCKETS
#define LONGSHORE_LIBC_SOCKETS
#endif
#include_next <sys/poll.h>
#endif
