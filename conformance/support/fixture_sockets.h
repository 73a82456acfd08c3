/* Connected, listening and datagram sockets, and calls on them. Included by fixtures.h. */
#ifndef FIXTURE_SOCKETS_H
#define FIXTURE_SOCKETS_H

#include "observe.h"

static inline SOCKET new_socket(int type)
{
    SOCKET s = WSASocketW(AF_INET, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    require(s != INVALID_SOCKET);
    return s;
}

static inline struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/* Binds to a port of the system's choice, so that programs can run side by side. */
static inline void bind_anywhere(SOCKET s)
{
    struct sockaddr_in address = loopback(0);
    require(bind(s, (struct sockaddr *)&address, sizeof address) == 0);
}

static inline struct sockaddr_in name_of(SOCKET s)
{
    struct sockaddr_in address;
    int length = sizeof address;
    memset(&address, 0, sizeof address);
    require(getsockname(s, (struct sockaddr *)&address, &length) == 0);
    return address;
}

static inline SOCKET new_listener(void)
{
    SOCKET s = new_socket(SOCK_STREAM);
    bind_anywhere(s);
    require(listen(s, 16) == 0);
    return s;
}

static inline SOCKET connect_to(SOCKET listener)
{
    SOCKET s = new_socket(SOCK_STREAM);
    struct sockaddr_in address = name_of(listener);
    require(connect(s, (struct sockaddr *)&address, sizeof address) == 0);
    return s;
}

struct tcp_pair {
    SOCKET here, peer;
};

static inline struct tcp_pair connected_pair(void)
{
    struct tcp_pair pair;
    SOCKET listener = new_listener();
    pair.peer = connect_to(listener);
    pair.here = accept(listener, NULL, NULL);
    require(pair.here != INVALID_SOCKET);
    closesocket(listener);
    return pair;
}

static inline void close_pair(struct tcp_pair pair)
{
    closesocket(pair.here);
    closesocket(pair.peer);
}

/* A datagram socket that has a name. */
static inline SOCKET new_datagram_socket(void)
{
    SOCKET s = new_socket(SOCK_DGRAM);
    bind_anywhere(s);
    return s;
}

static inline void send_datagram(SOCKET from, SOCKET to, const char *bytes, int length)
{
    struct sockaddr_in address = name_of(to);
    require(sendto(from, bytes, length, 0, (struct sockaddr *)&address, sizeof address) == length);
}

/* Blocks until `count` bytes can be received, so that the next receive finds them. */
static inline void await_bytes(SOCKET s, unsigned count)
{
    int tries;
    for (tries = 0; tries < PATIENCE_MS; tries++) {
        u_long available = 0;
        if (ioctlsocket(s, FIONREAD, &available) == 0 && available >= count)
            return;
        Sleep(1);
    }
    require(!"bytes that were sent never arrived");
}

/* What arrived although nothing should have. */
static inline void observe_no_bytes(const char *rule, const char *what, SOCKET s)
{
    u_long available = 0;
    Sleep(QUIET_MS);
    require(ioctlsocket(s, FIONREAD, &available) == 0);
    observe(rule, what, available, 0);
}

/* Blocks until the socket is readable: data, the end of the stream, a reset. */
static inline int readable_within(SOCKET s, int ms)
{
    fd_set readers;
    struct timeval patience;
    patience.tv_sec = ms / 1000;
    patience.tv_usec = ms % 1000 * 1000;
    FD_ZERO(&readers);
    FD_SET(s, &readers);
    return select((int)s + 1, &readers, NULL, NULL, &patience) == 1;
}

static inline int readable_in_time(SOCKET s)
{
    return readable_within(s, PATIENCE_MS);
}

/* recv that gives up, for data that should be there: the count, or -1. */
static inline int received(SOCKET s, char *buffer, int length)
{
    return readable_within(s, SAT_OUT_MS) ? recv(s, buffer, length, 0) : -1;
}

static inline void send_text(SOCKET s, const char *text)
{
    require(send(s, text, (int)strlen(text), 0) == (int)strlen(text));
}

/* Closes so that the peer sees a reset, not an end of stream. */
static inline void reset_connection(SOCKET s)
{
    struct linger linger = { 1, 0 };
    require(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    closesocket(s);
}

/* WSARecv and WSASend with one buffer: 0, or the Winsock error. */
static inline DWORD receive(SOCKET s, void *buffer, DWORD length, OVERLAPPED *ov)
{
    WSABUF one;
    DWORD flags = 0;
    one.buf = (char *)buffer;
    one.len = length;
    return WSARecv(s, &one, 1, NULL, &flags, ov, NULL) == 0 ? 0 : (DWORD)WSAGetLastError();
}

static inline DWORD transmit(SOCKET s, const void *buffer, DWORD length, OVERLAPPED *ov)
{
    WSABUF one;
    one.buf = (char *)buffer;
    one.len = length;
    return WSASend(s, &one, 1, NULL, 0, ov, NULL) == 0 ? 0 : (DWORD)WSAGetLastError();
}

/* A receive that has nothing to receive yet. */
static inline void pend_receive(SOCKET s, void *buffer, DWORD length, OVERLAPPED *ov)
{
    require(receive(s, buffer, length, ov) == WSA_IO_PENDING);
}

/* The extension functions, asked for the way programs do. */
static inline void *extension(SOCKET s, GUID guid)
{
    void *function = NULL;
    DWORD bytes = 0;
    require(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, &function, sizeof function, &bytes,
                     NULL, NULL) == 0);
    return function;
}

static inline LPFN_CONNECTEX connect_ex(SOCKET s)
{
    GUID guid = WSAID_CONNECTEX;
    return (LPFN_CONNECTEX)extension(s, guid);
}

static inline LPFN_TRANSMITFILE transmit_file_of(SOCKET s)
{
    GUID guid = WSAID_TRANSMITFILE;
    return (LPFN_TRANSMITFILE)extension(s, guid);
}

static inline LPFN_DISCONNECTEX disconnect_ex(SOCKET s)
{
    GUID guid = WSAID_DISCONNECTEX;
    return (LPFN_DISCONNECTEX)extension(s, guid);
}

#endif
