/* Section 13, second part: ConnectEx (CX1 to CX5) and DisconnectEx (DX1 to DX3). */
#include "../../support/fixtures.h"

static DWORD bytes;

static DWORD connect_with(SOCKET s, struct sockaddr_in to, void *data, DWORD length, OVERLAPPED *ov)
{
    static LPFN_CONNECTEX function;
    if (function == NULL) {
        SOCKET any = new_socket(SOCK_STREAM);
        function = connect_ex(any);
        closesocket(any);
    }
    bytes = 0;
    return function(s, (struct sockaddr *)&to, sizeof to, data, length, &bytes, ov) ? 0 : (DWORD)WSAGetLastError();
}

static DWORD disconnect_with(SOCKET s, OVERLAPPED *ov, DWORD flags)
{
    static LPFN_DISCONNECTEX function;
    if (function == NULL) {
        SOCKET any = new_socket(SOCK_STREAM);
        function = disconnect_ex(any);
        closesocket(any);
    }
    return function(s, ov, flags, 0) ? 0 : (DWORD)WSAGetLastError();
}

static SOCKET new_bound_socket(void)
{
    SOCKET s = new_socket(SOCK_STREAM);
    bind_anywhere(s);
    return s;
}

/* An address nobody listens at any more. */
static struct sockaddr_in nobody(void)
{
    SOCKET listener = new_listener();
    struct sockaddr_in address = name_of(listener);
    closesocket(listener);
    return address;
}

static void argument_errors(void)
{
    SOCKET listener = new_listener(), unbound = new_socket(SOCK_STREAM), other_listener = new_listener();
    SOCKET s = new_bound_socket();
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);
    struct sockaddr_in to = name_of(listener);

    observe("CX1", "NULL OVERLAPPED", connect_with(s, to, NULL, 0, NULL), 87);
    observe("CX1", "no socket", connect_with(INVALID_SOCKET, to, NULL, 0, &ov), WSAENOTSOCK);
    observe("CX1", "unbound", connect_with(unbound, to, NULL, 0, &ov), WSAEINVAL);
    observe("CX1", "listening", connect_with(other_listener, to, NULL, 0, &ov), WSAEINVAL);
    observe("CX1", "connected already", connect_with(pair.peer, to, NULL, 0, &ov), WSAEISCONN);
    closesocket(listener);
    closesocket(unbound);
    closesocket(other_listener);
    closesocket(s);
    close_pair(pair);
}

static void success(void)
{
    SOCKET listener = new_listener(), s, accepted;
    struct sockaddr_in to = name_of(listener), peer;
    HANDLE port = new_port(0);
    OVERLAPPED ov;
    char buffer[8];
    int skip, length;

    for (skip = 0; skip <= 1; skip++) {
        char what[64];
#define NAMED(text) (snprintf(what, sizeof what, "%s%s", text, skip ? ", SKIP" : ""), what)
        s = new_bound_socket();
        bind_socket(port, s, 2);
        if (skip)
            require(SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
        ov = overlapped_at(0);
        observe("CX1", NAMED("a good call pends"), connect_with(s, to, NULL, 0, &ov), WSA_IO_PENDING);
        observe_packet("CX2", NAMED("connected"), port, &ov, "TRUE key 2 bytes 0 own");
        length = sizeof peer;
        observe("CX4", NAMED("SO_UPDATE_CONNECT_CONTEXT"),
                setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), 0);
        observe("CX4", NAMED("getpeername afterwards"), getpeername(s, (struct sockaddr *)&peer, &length) == 0 &&
                                                            peer.sin_port == to.sin_port, 1);
        observe("CX4", NAMED("shutdown afterwards"), shutdown(s, SD_SEND), 0);
        accepted = accept(listener, NULL, NULL);
        closesocket(accepted);
        closesocket(s);

        s = new_bound_socket();
        bind_socket(port, s, 3);
        if (skip)
            require(SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
        ov = overlapped_at(0);
        observe("CX2", NAMED("with data"), connect_with(s, to, "abc", 3, &ov), WSA_IO_PENDING);
        observe_packet("CX2", NAMED("connected, data sent"), port, &ov, "TRUE key 3 bytes 3 own");
        accepted = accept(listener, NULL, NULL);
        observe("CX2", NAMED("the data arrived"), received(accepted, buffer, 8), 3);
        closesocket(accepted);
        closesocket(s);
#undef NAMED
    }
    closesocket(listener);
    CloseHandle(port);
}

static void refusal_and_retry(void)
{
    SOCKET s = new_bound_socket(), listener;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    DWORD result_bytes, flags;

    bind_socket(port, s, 4);
    observe("CX3", "nobody listens", connect_with(s, nobody(), NULL, 0, &ov), WSA_IO_PENDING);
    observe_packet("CX3", "refused", port, &ov, "FALSE/1225 key 4 bytes 0 own");
    observe_hex("CX3", "its status", status_of(&ov), 0xC0000236);
    observe("CX3", "WSAGetOverlappedResult",
            WSAGetOverlappedResult(s, &ov, &result_bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAECONNREFUSED);
    listener = new_listener();
    ov = overlapped_at(0);
    observe("CX4", "the same socket again", connect_with(s, name_of(listener), NULL, 0, &ov), WSA_IO_PENDING);
    observe_packet("CX4", "connected this time", port, &ov, "TRUE key 4 bytes 0 own");
    closesocket(s);
    closesocket(listener);
    CloseHandle(port);
}

/* A connection that hangs: 192.0.2.1 is set aside for documentation and answers nobody. Some networks refuse it. */
static void cancelled_or_closed(void)
{
    SOCKET s;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    struct sockaddr_in nowhere = loopback(9), any = loopback(0);
    struct dequeued got;
    int closing;

    any.sin_addr.s_addr = htonl(INADDR_ANY);
    nowhere.sin_addr.s_addr = htonl(0xC0000201);
    for (closing = 0; closing <= 1; closing++) {
        DWORD error;
        s = new_socket(SOCK_STREAM);
        require(bind(s, (struct sockaddr *)&any, sizeof any) == 0);
        bind_socket(port, s, 5);
        ov = overlapped_at(0);
        error = connect_with(s, nowhere, NULL, 0, &ov);
        if (closing)
            closesocket(s);
        else
            CancelIoEx((HANDLE)s, &ov);
        got.ov = &ov;
        got.ok = FALSE;
        got.error = 0;
        if (error == WSA_IO_PENDING)
            got = dequeue(port, PATIENCE_MS);
        observe("CX5", closing ? "closed: 995, or a failure of its own" : "cancelled: 995, or a failure of its own",
                got.ov == &ov && !got.ok, 1);
        observe("CX5", closing ? "closed: packets beyond it" : "cancelled: packets beyond it", packets_left(port), 0);
        if (!closing)
            closesocket(s);
    }
    CloseHandle(port);
}

static void disconnecting(void)
{
    struct tcp_pair pair;
    SOCKET unconnected = new_socket(SOCK_STREAM);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    int skip;

    bind_socket(port, unconnected, 1);
    observe("DX1", "not connected", disconnect_with(unconnected, &ov, 0), WSAENOTCONN);
    observe("DX1", "no socket", disconnect_with(INVALID_SOCKET, &ov, 0), WSAENOTSOCK);
    observe_no_packet("DX1", "packets of these", port);
    for (skip = 0; skip <= 1; skip++) {
        pair = connected_pair();
        bind_socket(port, pair.here, 2);
        if (skip)
            require(SetFileCompletionNotificationModes((HANDLE)pair.here, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
        ov = overlapped_at(0);
        observe("DX1", skip ? "reserved flags, SKIP" : "reserved flags", disconnect_with(pair.here, &ov, 0x40000000),
                WSAEINVAL);
        ov = overlapped_at(0);
        observe("DX1", skip ? "call, SKIP" : "call", disconnect_with(pair.here, &ov, 0), WSA_IO_PENDING);
        observe_packet_soon("DX1", skip ? "packet, SKIP" : "packet", port, &ov, "TRUE key 2 bytes 0 own");
        close_pair(pair);
    }
    pair = connected_pair();
    bind_socket(port, pair.here, 3);
    observe("DX1", "without OVERLAPPED", disconnect_with(pair.here, NULL, 0), 0);
    observe("DX1", "without OVERLAPPED, again", disconnect_with(pair.here, NULL, 0), 0);
    observe_no_packet("DX1", "packets without OVERLAPPED", port);
    close_pair(pair);
    closesocket(unconnected);
    CloseHandle(port);
}

/* The bit in hEvent keeps the packets of these back as well. */
static void suppressed_packets(void)
{
    SOCKET listener = new_listener(), s = new_bound_socket(), accepted;
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(tagged(event, 1));

    bind_socket(port, s, 4);
    require(connect_with(s, name_of(listener), NULL, 0, &ov) == WSA_IO_PENDING);
    observe("D4", "ConnectEx: event signaled", signaled_in_time(event), 1);
    observe_hex("D4", "ConnectEx: status", status_of(&ov), 0);
    observe_no_packet("D4", "ConnectEx: packet", port);
    require(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) == 0);
    ov = overlapped_with(tagged(event, 1));
    require(disconnect_with(s, &ov, 0) == WSA_IO_PENDING);
    observe("D4", "DisconnectEx: event signaled", signaled_in_time(event), 1);
    observe_no_packet("D4", "DisconnectEx: packet", port);
    accepted = accept(listener, NULL, NULL);
    closesocket(accepted);
    closesocket(s);
    closesocket(listener);
    CloseHandle(event);
    CloseHandle(port);
}

static void half_closed(void)
{
    struct tcp_pair pair = connected_pair();
    SOCKET listener = new_listener();
    struct sockaddr_in to = name_of(listener);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8];

    bind_socket(port, pair.here, 2);
    require(disconnect_with(pair.here, &ov, 0) == WSA_IO_PENDING);
    observe_packet("DX2", "packet", port, &ov, "TRUE key 2 bytes 0 own");
    observe("DX2", "the peer sees the end", received(pair.peer, buffer, 8), 0);
    observe("DX2", "the peer still sends", send(pair.peer, "abc", 3, 0), 3);
    observe("DX2", "we still receive", received(pair.here, buffer, 8), 3);
    observe("DX2", "we cannot send", send(pair.here, "x", 1, 0) < 0 ? WSAGetLastError() : 0, WSAESHUTDOWN);
    observe("DX2", "we cannot connect",
            connect(pair.here, (struct sockaddr *)&to, sizeof to) ? WSAGetLastError() : 0, WSAEISCONN);
    closesocket(listener);
    CloseHandle(port);
    close_pair(pair);
}

static void reused_as_acceptor(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), client;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), receiving = overlapped_at(0);
    char buffer[128], byte;
    int round;

    bind_socket(port, listener, 6);
    bind_socket(port, acceptor, 7);
    for (round = 1; round <= 3; round++) {
        char what[64];
#define NAMED(text) (snprintf(what, sizeof what, "round %d: %s", round, text), what)
        ov = overlapped_at(0);
        observe("DX3", NAMED("AcceptEx"), AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &ov)
                                              ? 0 : WSAGetLastError(), WSA_IO_PENDING);
        client = connect_to(listener);
        observe_packet_soon("DX3", NAMED("accepted"), port, &ov, "TRUE key 6 bytes 0 own");
        setsockopt(acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener);
        receiving = overlapped_at(0);
        receive(acceptor, &byte, 1, &receiving);
        send_text(client, "x");
        observe_packet_soon("DX3", NAMED("received, binding kept"), port, &receiving, "TRUE key 7 bytes 1 own");
        closesocket(client);
        ov = overlapped_at(0);
        observe("DX3", NAMED("DisconnectEx with TF_REUSE_SOCKET"), disconnect_with(acceptor, &ov, TF_REUSE_SOCKET),
                WSA_IO_PENDING);
        observe_packet_soon("DX3", NAMED("disconnected"), port, &ov, "TRUE key 7 bytes 0 own");
#undef NAMED
    }
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(port);
}

OBSERVE({ "argument_errors", argument_errors }, { "success", success }, { "refusal_and_retry", refusal_and_retry },
        { "cancelled_or_closed", cancelled_or_closed }, { "disconnecting", disconnecting },
        { "suppressed_packets", suppressed_packets }, { "half_closed", half_closed },
        { "reused_as_acceptor", reused_as_acceptor })
