/* Longshore: the Berkeley half of Winsock.
 *
 * glibc has functions of the same names. The program's calls are bound to Longshore's through
 * assembler labels, so that both live in one process and `::bind`, members called `send` and
 * `using namespace std` behave as they do on Windows. */
#ifndef LONGSHORE_SOCKETS_H
#define LONGSHORE_SOCKETS_H

#include <longshore/socket/socket_sets.h>
#include <longshore/socket/socket_constants.h>

LONGSHORE_C_BEGIN
/* Begins the use of Winsock, version 2.2. [winsock2.h WSAStartup] */
int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData);
/* Ends the use of Winsock that one WSAStartup began. [winsock2.h WSACleanup] */
int WSAAPI WSACleanup(void);
/* Gives the last error of the calling thread. [winsock2.h WSAGetLastError] */
int WSAAPI WSAGetLastError(void);
/* Sets the last error of the calling thread. [winsock2.h WSASetLastError] */
void WSAAPI WSASetLastError(int iError);

/* Makes a socket that can be overlapped. P8. [winsock2.h socket] */
SOCKET WSAAPI socket(int af, int type, int protocol) LONGSHORE_SYMBOL(socket);
/* Gives a socket its own address. [winsock2.h bind] */
int WSAAPI bind(SOCKET s, const struct sockaddr *name, int namelen) LONGSHORE_SYMBOL(bind);
/* Makes a socket accept connections. [winsock2.h listen] */
int WSAAPI listen(SOCKET s, int backlog) LONGSHORE_SYMBOL(listen);
/* Waits for a connection and gives its socket. S18. [winsock2.h accept] */
SOCKET WSAAPI accept(SOCKET s, struct sockaddr *addr, int *addrlen) LONGSHORE_SYMBOL(accept);
/* Connects a socket. S18. [winsock2.h connect] */
int WSAAPI connect(SOCKET s, const struct sockaddr *name, int namelen) LONGSHORE_SYMBOL(connect);
/* Sends on a connected socket. S18, S23. [winsock2.h send] */
int WSAAPI send(SOCKET s, const char *buf, int len, int flags) LONGSHORE_SYMBOL(send);
/* Receives from a connected socket. S8-S10. [winsock2.h recv] */
int WSAAPI recv(SOCKET s, char *buf, int len, int flags) LONGSHORE_SYMBOL(recv);
/* Sends a datagram to an address. S20. [winsock2.h sendto] */
int WSAAPI sendto(SOCKET s, const char *buf, int len, int flags, const struct sockaddr *to,
    int tolen) LONGSHORE_SYMBOL(sendto);
/* Receives a datagram and its sender. S10, S11. [winsock2.h recvfrom] */
int WSAAPI recvfrom(SOCKET s, char *buf, int len, int flags, struct sockaddr *from,
    int *fromlen) LONGSHORE_SYMBOL(recvfrom);
/* Ends sending, receiving or both. S10. [winsock2.h shutdown] */
int WSAAPI shutdown(SOCKET s, int how) LONGSHORE_SYMBOL(shutdown);
/* Closes a socket; what is pending on it ends with its last handle. TX3, TX4.
   [winsock2.h closesocket] */
int WSAAPI closesocket(SOCKET s);
/* Sets whether a socket blocks; tells what can be read. [winsock2.h ioctlsocket] */
int WSAAPI ioctlsocket(SOCKET s, long cmd, u_long *argp);
/* Reads an option of a socket. [winsock2.h getsockopt] */
int WSAAPI getsockopt(SOCKET s, int level, int optname, char *optval,
    int *optlen) LONGSHORE_SYMBOL(getsockopt);
/* Sets an option of a socket. [winsock2.h setsockopt] */
int WSAAPI setsockopt(SOCKET s, int level, int optname, const char *optval,
    int optlen) LONGSHORE_SYMBOL(setsockopt);
/* Gives the own address of a socket. [winsock2.h getsockname] */
int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *namelen) LONGSHORE_SYMBOL(getsockname);
/* Gives the address of the other side. [winsock2.h getpeername] */
int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *namelen) LONGSHORE_SYMBOL(getpeername);
/* Waits until one of several sockets is ready. [winsock2.h select] */
int WSAAPI select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
    const struct timeval *timeout) LONGSHORE_SYMBOL(select);
LONGSHORE_C_END

/* Numbers in network order and in the machine's. [winsock htons, htonl, htonll] */
static inline u_short WSAAPI htons(u_short v) { return __builtin_bswap16(v); }
static inline u_short WSAAPI ntohs(u_short v) { return __builtin_bswap16(v); }
static inline u_long WSAAPI htonl(u_long v) { return __builtin_bswap32(v); }
static inline u_long WSAAPI ntohl(u_long v) { return __builtin_bswap32(v); }
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Longshore's headers are for little-endian machines, as Windows is"
#endif
static inline ULONGLONG htonll(ULONGLONG v) { return __builtin_bswap64(v); }
static inline ULONGLONG ntohll(ULONGLONG v) { return __builtin_bswap64(v); }
static inline UINT htonf(float v)
{
    UINT u;
    __builtin_memcpy(&u, &v, sizeof u);
    return __builtin_bswap32(u);
}
static inline float ntohf(UINT u)
{
    float v;
    u = __builtin_bswap32(u);
    __builtin_memcpy(&v, &u, sizeof v);
    return v;
}
static inline ULONGLONG htond(double v)
{
    ULONGLONG u;
    __builtin_memcpy(&u, &v, sizeof u);
    return __builtin_bswap64(u);
}
static inline double ntohd(ULONGLONG u)
{
    double v;
    u = __builtin_bswap64(u);
    __builtin_memcpy(&v, &u, sizeof v);
    return v;
}

/* Whether a socket is in a set. [winsock __WSAFDIsSet] */
static inline int __WSAFDIsSet(SOCKET s, fd_set *set)
{
    u_int i;
    for (i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == s) return 1;
    return 0;
}
static inline void longshore_fd_add(SOCKET s, fd_set *set)
{
    if (!__WSAFDIsSet(s, set) && set->fd_count < FD_SETSIZE) set->fd_array[set->fd_count++] = s;
}
static inline void longshore_fd_remove(SOCKET s, fd_set *set)
{
    u_int i;
    for (i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == s) {
            for (; i + 1 < set->fd_count; i++) set->fd_array[i] = set->fd_array[i + 1];
            set->fd_count--;
            return;
        }
}
#undef FD_SET
#undef FD_CLR
#undef FD_ZERO
#undef FD_ISSET
#define FD_SET(s, set)   longshore_fd_add((SOCKET)(s), (set))
#define FD_CLR(s, set)   longshore_fd_remove((SOCKET)(s), (set))
#define FD_ZERO(set)     ((void)((set)->fd_count = 0))
#define FD_ISSET(s, set) __WSAFDIsSet((SOCKET)(s), (set))

#ifndef timerisset
#define timerisset(t)       ((t)->tv_sec || (t)->tv_usec)
#define timerclear(t)       ((t)->tv_sec = (t)->tv_usec = 0)
#define timercmp(a, b, CMP) \
    ((a)->tv_sec == (b)->tv_sec ? (a)->tv_usec CMP(b)->tv_usec : (a)->tv_sec CMP(b)->tv_sec)
#endif

#ifdef __cplusplus
extern "C++" {
/* `unsigned long mode = 1; ioctlsocket(s, FIONBIO, &mode)`, a u_long on Windows. */
template <class Arg>
typename longshore::enable_if<longshore::is_unsigned_long<Arg>::value, int>::type
ioctlsocket(SOCKET s, long cmd, Arg *argp)
{
    u_long arg = static_cast<u_long>(*argp);
    int result = ::ioctlsocket(s, cmd, &arg);
    *argp = arg;
    return result;
}
}
#else
static inline int longshore_ioctlsocket_long(SOCKET s, long cmd, unsigned long *argp)
{
    u_long arg = (u_long)*argp;
    int result = ioctlsocket(s, cmd, &arg);
    *argp = arg;
    return result;
}
#define ioctlsocket(s, cmd, argp)      \
    __extension__ _Generic((argp),     \
        unsigned long *: longshore_ioctlsocket_long, \
        default: ioctlsocket)(s, cmd, argp)
#endif

#endif
