/*
 * What a Linux library's headers get in place of <sys/socket.h> and its kin in a program that uses
 * Winsock too (LONGSHORE_BESIDE_WINSOCK): the addresses, which are laid out alike. Where they are
 * not, linux_names.h keeps them apart; the functions are the library's own affair.
 */
#ifndef LONGSHORE_BESIDE_WINSOCK_H
#define LONGSHORE_BESIDE_WINSOCK_H
#undef fd_set
#undef addrinfo
#undef hostent
#undef servent
#undef pollfd
#include <longshore/socket/socket_types.h>
#ifndef LONGSHORE_SOCKLEN_T
#define LONGSHORE_SOCKLEN_T
typedef int socklen_t;
#endif
#include <longshore/socket/linux_names.h>
#endif
