/* Section 13, first part: AcceptEx (AC1 to AC10). */
#include "../../support/fixtures.h"

/* The address room AcceptEx wants for each of the two addresses. */
#define ROOM (sizeof(struct sockaddr_in) + 16)

static DWORD bytes;

static DWORD accept_into(SOCKET listener, SOCKET acceptor, void *buffer, DWORD data, DWORD local, DWORD remote,
                         OVERLAPPED *ov)
{
    return AcceptEx(listener, acceptor, buffer, data, local, remote, &bytes, ov) ? 0 : (DWORD)WSAGetLastError();
}

static void argument_errors(void)
{
    SOCKET listener = new_listener(), bound = new_socket(SOCK_STREAM), acceptor = new_socket(SOCK_STREAM);
    SOCKET second = new_socket(SOCK_STREAM), datagrams = new_socket(SOCK_DGRAM), named = new_socket(SOCK_STREAM);
    SOCKET quiet = new_listener();
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), first = overlapped_with(new_event(TRUE, FALSE));
    char buffer[256];

    bind_anywhere(bound);
    bind_anywhere(named);
    bind_socket(port, listener, 1);
    observe("AC1", "NULL OVERLAPPED", accept_into(listener, acceptor, buffer, 0, ROOM, ROOM, NULL), 87);
    observe("AC1", "no listener", accept_into(INVALID_SOCKET, acceptor, buffer, 0, ROOM, ROOM, &ov), WSAENOTSOCK);
    observe_hex("AC1", "no listener: Internal", ov.Internal, PENDING);
    ov = overlapped_at(0);
    observe("AC1", "no acceptor", accept_into(listener, INVALID_SOCKET, buffer, 0, ROOM, ROOM, &ov), WSAENOTSOCK);
    observe_hex("AC1", "no acceptor: Internal", ov.Internal, PENDING);
    ov = overlapped_at(0);
    observe("AC1", "not listening", accept_into(bound, acceptor, buffer, 0, ROOM, ROOM, &ov), WSAEINVAL);
    observe_hex("AC1", "not listening: Internal", ov.Internal, PENDING);
    ov = overlapped_at(0);
    observe("AC1", "bound acceptor", accept_into(listener, named, buffer, 0, ROOM, ROOM, &ov), WSAEINVAL);
    ov = overlapped_at(0);
    observe("AC1", "connected acceptor", accept_into(listener, pair.here, buffer, 0, ROOM, ROOM, &ov), WSAEINVAL);
    ov = overlapped_at(0);
    observe("AC1", "datagram acceptor", accept_into(listener, datagrams, buffer, 0, ROOM, ROOM, &ov), WSAEINVAL);
    ov = overlapped_at(0);
    observe("AC1", "NULL buffer", accept_into(listener, acceptor, NULL, 0, ROOM, ROOM, &ov), WSAEFAULT);
    ov = overlapped_at(0);
    observe("AC1", "no room for the remote address", accept_into(listener, second, buffer, 0, ROOM, 0, &ov), WSAEFAULT);
    observe_hex("AC1", "no room for the remote address: Internal", ov.Internal, PENDING);
    observe("AC1", "an acceptor that waits already: the first",
            accept_into(quiet, second, buffer, 0, ROOM, ROOM, &first), WSA_IO_PENDING);
    ov = overlapped_at(0);
    observe("AC1", "an acceptor that waits already: the second", accept_into(quiet, second, buffer, 0, ROOM, ROOM, &ov),
            WSAEINVAL);
    observe_no_packet("AC1", "packets of these", port);
    closesocket(quiet);
    signaled_in_time(first.hEvent);
    CloseHandle(first.hEvent);
    closesocket(listener);
    closesocket(bound);
    closesocket(acceptor);
    closesocket(second);
    closesocket(datagrams);
    closesocket(named);
    close_pair(pair);
    CloseHandle(port);
}

static void address_lengths(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), client, accepted;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    struct sockaddr *local = (struct sockaddr *)(ULONG_PTR)PREFILL, *remote = NULL;
    INT local_length = (INT)PREFILL, remote_length = 0;
    char buffer[256];
    int i;

    bind_socket(port, listener, 2);
    observe("AC2", "no room for the local address", accept_into(listener, acceptor, buffer, 0, 0, ROOM, &ov),
            WSA_IO_PENDING);
    client = connect_to(listener);
    observe_packet("AC2", "its packet", port, &ov, "TRUE key 2 bytes 0 own");
    GetAcceptExSockaddrs(buffer, 0, 0, ROOM, &local, &local_length, &remote, &remote_length);
    observe("AC2", "local outputs untouched",
            local == (struct sockaddr *)(ULONG_PTR)PREFILL && local_length == (INT)PREFILL, 1);
    observe("AC2", "remote address all the same",
            remote != NULL && ((struct sockaddr_in *)remote)->sin_port == name_of(client).sin_port, 1);
    closesocket(acceptor);
    closesocket(client);

    for (i = 0; i < 2; i++) {
        DWORD short_of_it = (DWORD)sizeof(struct sockaddr_in) + (i == 0 ? 4 : 15);
        char what[64];
        acceptor = new_socket(SOCK_STREAM);
        ov = overlapped_at(0);
        observe("AC2", (snprintf(what, sizeof what, "lengths of sockaddr + %d: call", i == 0 ? 4 : 15), what),
                accept_into(listener, acceptor, buffer, 0, short_of_it, short_of_it, &ov), WSA_IO_PENDING);
        client = connect_to(listener);
        observe_packet("AC2", (snprintf(what, sizeof what, "lengths of sockaddr + %d: packet", i == 0 ? 4 : 15), what),
                       port, &ov, "FALSE/122 key 2 bytes 0 own");
        observe_hex("AC2", (snprintf(what, sizeof what, "lengths of sockaddr + %d: status", i == 0 ? 4 : 15), what),
                    status_of(&ov), 0xC0000023);
        observe("AC2", (snprintf(what, sizeof what, "lengths of sockaddr + %d: still in the backlog", i == 0 ? 4 : 15),
                        what), readable_within(listener, SAT_OUT_MS), 1);
        if (readable_within(listener, 0)) {
            accepted = accept(listener, NULL, NULL);
            closesocket(accepted);
        }
        closesocket(acceptor);
        closesocket(client);
    }
    closesocket(listener);
    CloseHandle(port);
}

static void receive_with_accept(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), client;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    INT seconds = 0, length = sizeof seconds;
    char buffer[256];

    bind_socket(port, listener, 3);
    observe("AC3", "SO_CONNECT_TIME, not connected",
            getsockopt(acceptor, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length) ? 0 : seconds, -1);
    require(accept_into(listener, acceptor, buffer, 0, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    client = connect_to(listener);
    observe_packet("AC3", "nothing to receive: packet at connect", port, &ov, "TRUE key 3 bytes 0 own");
    seconds = -1;
    observe("AC3", "SO_CONNECT_TIME, connected",
            getsockopt(acceptor, SOL_SOCKET, SO_CONNECT_TIME, (char *)&seconds, &length) == 0 && seconds >= 0 &&
                seconds < 60, 1);
    closesocket(client);
    closesocket(acceptor);

    acceptor = new_socket(SOCK_STREAM);
    require(accept_into(listener, acceptor, buffer, 64, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    client = connect_to(listener);
    observe_no_packet("AC3", "silent client", port);
    send_text(client, "hello");
    observe_packet("AC3", "first data", port, &ov, "TRUE key 3 bytes 5 own");
    observe("AC3", "the data", memcmp(buffer, "hello", 5) == 0, 1);
    closesocket(client);
    closesocket(acceptor);

    acceptor = new_socket(SOCK_STREAM);
    require(accept_into(listener, acceptor, buffer, 64, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    client = connect_to(listener);
    closesocket(client);
    observe_packet("AC3", "client that leaves without a word", port, &ov, "TRUE key 3 bytes 0 own");
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(port);
}

static void backlog_and_order(void)
{
    SOCKET listener = new_listener(), acceptors[2] = { new_socket(SOCK_STREAM), new_socket(SOCK_STREAM) };
    SOCKET client = connect_to(listener), another;
    HANDLE port = new_port(0);
    OVERLAPPED ov[2] = { overlapped_at(0), overlapped_at(0) };
    char buffers[2][256];
    DWORD error;

    Sleep(QUIET_MS);
    bind_socket(port, listener, 4);
    error = accept_into(listener, acceptors[0], buffers[0], 0, ROOM, ROOM, &ov[0]);
    observe("AC4", "connection already there: done or pending", error == 0 || error == WSA_IO_PENDING, 1);
    observe_packet("AC4", "its packet", port, &ov[0], "TRUE key 4 bytes 0 own");
    closesocket(client);
    closesocket(acceptors[0]);

    acceptors[0] = new_socket(SOCK_STREAM);
    require(accept_into(listener, acceptors[0], buffers[0], 0, ROOM, ROOM, &ov[0]) == WSA_IO_PENDING);
    require(accept_into(listener, acceptors[1], buffers[1], 0, ROOM, ROOM, &ov[1]) == WSA_IO_PENDING);
    client = connect_to(listener);
    observe_packet("AC4", "first client goes to the first AcceptEx", port, &ov[0], "TRUE key 4 bytes 0 own");
    another = connect_to(listener);
    observe_packet("AC4", "second client goes to the second", port, &ov[1], "TRUE key 4 bytes 0 own");
    closesocket(client);
    closesocket(another);
    closesocket(acceptors[0]);
    closesocket(acceptors[1]);
    closesocket(listener);
    CloseHandle(port);
}

static void context_and_addresses(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), client, before = acceptor;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), receiving = overlapped_at(0);
    struct sockaddr *local = NULL, *remote = NULL;
    struct sockaddr_in peer, client_name, listener_name = name_of(listener);
    INT local_length = 0, remote_length = 0;
    int length = sizeof peer, size = 30000, size_after = 0, option_length = sizeof size_after;
    char buffer[256];

    bind_socket(port, listener, 5);
    bind_socket(port, acceptor, 6);
    require(setsockopt(acceptor, SOL_SOCKET, SO_RCVBUF, (char *)&size, sizeof size) == 0);
    require(getsockopt(acceptor, SOL_SOCKET, SO_RCVBUF, (char *)&size, &option_length) == 0);
    require(accept_into(listener, acceptor, buffer, 0, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    client = connect_to(listener);
    client_name = name_of(client);
    observe_packet("AC5", "packet", port, &ov, "TRUE key 5 bytes 0 own");
    pend_receive(acceptor, buffer + 128, 8, &receiving);
    send_text(client, "abc");
    observe_packet("AC5", "receive works at once", port, &receiving, "TRUE key 6 bytes 3 own");
    observe("AC5", "send works at once", send(acceptor, "x", 1, 0), 1);
    observe("AC5", "SO_UPDATE_ACCEPT_CONTEXT",
            setsockopt(acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener), 0);
    memset(&peer, 0, sizeof peer);
    observe("AC5", "getpeername afterwards", getpeername(acceptor, (struct sockaddr *)&peer, &length) == 0 &&
                                                 peer.sin_port == client_name.sin_port, 1);
    observe("AC5", "getsockname afterwards", name_of(acceptor).sin_port == listener_name.sin_port, 1);
    observe("AC5", "shutdown afterwards", shutdown(acceptor, SD_SEND), 0);

    GetAcceptExSockaddrs(buffer, 0, ROOM, ROOM, &local, &local_length, &remote, &remote_length);
    observe("AC6", "local address inside the buffer", (char *)local >= buffer && (char *)local < buffer + 2 * ROOM, 1);
    observe("AC6", "remote address inside the buffer",
            (char *)remote >= buffer && (char *)remote < buffer + 2 * ROOM, 1);
    observe("AC6", "local length", local_length, 16);
    observe("AC6", "remote length", remote_length, 16);
    observe("AC6", "local is the listener's name",
            ((struct sockaddr_in *)local)->sin_family == AF_INET &&
                ((struct sockaddr_in *)local)->sin_port == listener_name.sin_port &&
                ((struct sockaddr_in *)local)->sin_addr.s_addr == listener_name.sin_addr.s_addr, 1);
    observe("AC6", "remote is the client's name",
            ((struct sockaddr_in *)remote)->sin_family == AF_INET &&
                ((struct sockaddr_in *)remote)->sin_port == client_name.sin_port &&
                ((struct sockaddr_in *)remote)->sin_addr.s_addr == client_name.sin_addr.s_addr, 1);
    observe("AC10", "the socket is the one given", acceptor == before, 1);
    require(getsockopt(acceptor, SOL_SOCKET, SO_RCVBUF, (char *)&size_after, &option_length) == 0);
    observe("AC10", "an option set before is there", size_after == size, 1);
    closesocket(client);
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(port);
}

static void who_owns_the_operation(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM);
    struct sockaddr_in address = name_of(listener);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[256];

    bind_socket(port, listener, 7);
    require(accept_into(listener, acceptor, buffer, 0, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    observe("AC7", "CancelIoEx on the acceptor", CancelIoEx((HANDLE)acceptor, NULL) ? 0 : GetLastError(),
            ERROR_NOT_FOUND);
    observe("AC7", "CancelIo on the acceptor", CancelIo((HANDLE)acceptor) != 0, 1);
    observe_no_packet("AC7", "packet after these", port);
    observe("AC9", "connect on a waiting acceptor",
            connect(acceptor, (struct sockaddr *)&address, sizeof address) ? WSAGetLastError() : 0, WSAEINVAL);
    observe("AC7", "CancelIoEx on the listener", CancelIoEx((HANDLE)listener, NULL) != 0, 1);
    observe_packet("AC7", "packet then", port, &ov, "FALSE/995 key 7 bytes 0 own");
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(port);
}

static void closing_either(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), client;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    struct dequeued got;
    char buffer[256];

    bind_socket(port, listener, 8);
    require(accept_into(listener, acceptor, buffer, 0, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    closesocket(listener);
    observe_packet("AC8", "listener closed", port, &ov, "FALSE/995 key 8 bytes 0 own");
    observe_hex("AC8", "its status", status_of(&ov), CANCELLED);
    closesocket(acceptor);

    listener = new_listener();
    acceptor = new_socket(SOCK_STREAM);
    bind_socket(port, listener, 9);
    require(accept_into(listener, acceptor, buffer, 0, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    closesocket(acceptor);
    observe_packet("AC8", "acceptor closed, no connection", port, &ov, "FALSE/995 key 9 bytes 0 own");

    acceptor = new_socket(SOCK_STREAM);
    require(accept_into(listener, acceptor, buffer, 64, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    client = connect_to(listener);
    observe_no_packet("AC8", "connected, silent", port);
    closesocket(acceptor);
    got = dequeue(port, PATIENCE_MS);
    observe("AC8", "acceptor closed, silent connection: 995 or 1236",
            got.ov == &ov && !got.ok && (got.error == 995 || got.error == 1236), 1);
    closesocket(client);

    acceptor = new_socket(SOCK_STREAM);
    require(accept_into(listener, acceptor, buffer, 64, ROOM, ROOM, &ov) == WSA_IO_PENDING);
    client = connect_to(listener);
    send_text(client, "abc");
    Sleep(QUIET_MS);
    closesocket(acceptor);
    observe_packet("AC8", "acceptor closed after data came", port, &ov, "TRUE key 9 bytes 3 own");
    closesocket(client);
    closesocket(listener);
    CloseHandle(port);
}

OBSERVE({ "argument_errors", argument_errors }, { "address_lengths", address_lengths },
        { "receive_with_accept", receive_with_accept }, { "backlog_and_order", backlog_and_order },
        { "context_and_addresses", context_and_addresses }, { "who_owns_the_operation", who_owns_the_operation },
        { "closing_either", closing_either })
