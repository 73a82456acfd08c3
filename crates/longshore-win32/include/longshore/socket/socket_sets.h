/* Longshore: the sets of select. A set is a counted list, not a bit map: 64 sockets unless the
 * program defines another FD_SETSIZE first. */
#ifndef LONGSHORE_SOCKET_SETS_H
#define LONGSHORE_SOCKET_SETS_H

#include <longshore/socket/socket_types.h>

#ifndef FD_SETSIZE
#define FD_SETSIZE 64
#endif
typedef struct fd_set {
    u_int  fd_count;
    SOCKET fd_array[FD_SETSIZE];
} fd_set, *PFD_SET, *LPFD_SET;

#endif
