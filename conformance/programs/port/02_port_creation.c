/* Section 2: making a port and binding files to it. The table first, row by row, then what binding means. */
#include "../../support/fixtures.h"

static const char *creation(HANDLE file, HANDLE existing, ULONG_PTR key)
{
    static char text[32];
    HANDLE port;
    SetLastError(0);
    port = CreateIoCompletionPort(file, existing, key, 0);
    if (port == NULL)
        snprintf(text, sizeof text, "NULL/%u", (unsigned)GetLastError());
    else
        snprintf(text, sizeof text, "%s",
                 port == INVALID_HANDLE_VALUE ? "INVALID" : port == existing ? "the same port" : "a port");
    return text;
}

static void creation_table(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE sync_file = open_file(&path, GENERIC_READ, 0);
    HANDLE first = open_overlapped(&path), second = open_overlapped(&path), third = open_overlapped(&path);
    HANDLE port = new_port(0), other = new_port(0), event = new_event(TRUE, FALSE), combined;
    HANDLE closed;

    observe_text("P1", "INVALID, NULL", creation(INVALID_HANDLE_VALUE, NULL, 5), "a port");
    observe_text("P1", "INVALID, port", creation(INVALID_HANDLE_VALUE, port, 5), "NULL/87");
    combined = CreateIoCompletionPort(first, NULL, 5, 0);
    observe("P1", "valid overlapped, unbound, NULL: a port of its own", combined != NULL && combined != port, 1);
    observe_text("P1", "valid overlapped, unbound, NULL: nothing queued", in_words(dequeue(combined, 0), NULL),
                 NOTHING);
    observe_text("P1", "valid overlapped, unbound, port", creation(second, port, 5), "the same port");
    observe_text("P1", "valid not overlapped, NULL", creation(sync_file, NULL, 5), "NULL/87");
    observe_text("P1", "valid not overlapped, port", creation(sync_file, port, 5), "NULL/87");
    observe_text("P1", "already bound, same port and key", creation(second, port, 5), "NULL/87");
    observe_text("P1", "already bound, same port, other key", creation(second, port, 6), "NULL/87");
    observe_text("P1", "already bound, other port", creation(second, other, 5), "NULL/87");
    observe_text("P1", "already bound, NULL", creation(second, NULL, 5), "NULL/87");
    /* Closed last: nothing opened later can have taken its value. */
    closed = open_overlapped(&path);
    CloseHandle(closed);
    observe_text("P1", "closed file, NULL", creation(closed, NULL, 5), "NULL/6");
    observe_text("P1", "closed file, port", creation(closed, port, 5), "NULL/6");
    observe_text("P1", "NULL file, NULL", creation(NULL, NULL, 5), "NULL/6");
    observe_text("P1", "NULL file, port", creation(NULL, port, 5), "NULL/6");
    observe_text("P1", "event, NULL", creation(event, NULL, 5), "NULL/6");
    observe_text("P1", "event, port", creation(event, port, 5), "NULL/6");
    observe_text("P1", "port as file, port", creation(other, port, 5), "NULL/6");
    observe_text("P1", "valid, closed port", creation(third, closed, 5), "NULL/6");
    observe_text("P1", "valid, event as port", creation(third, event, 5), "NULL/6");
    observe_text("P1", "valid, file as port", creation(third, first, 5), "NULL/6");
    observe_text("P1", "the file refused three times is still unbound", creation(third, port, 5), "the same port");

    CloseHandle(combined);
    CloseHandle(port);
    CloseHandle(other);
    CloseHandle(event);
    CloseHandle(sync_file);
    CloseHandle(first);
    CloseHandle(second);
    CloseHandle(third);
    remove_file(&path);
}

/* More failures than a process may have descriptors: a leak of one each would run out of them. */
static void failed_combination_leaks_nothing(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE sync_file = open_file(&path, GENERIC_READ, 0);
    DWORD before = 0, after = 0;
    int i, refused = 0;

    GetProcessHandleCount(GetCurrentProcess(), &before);
    for (i = 0; i < 20000; i++)
        refused += CreateIoCompletionPort(sync_file, NULL, 1, 0) == NULL && GetLastError() == 87;
    GetProcessHandleCount(GetCurrentProcess(), &after);
    observe("P2", "combined creations refused", refused, 20000);
    observe("P2", "handles more than before", (int)(after - before), 0);
    CloseHandle(sync_file);
    remove_file(&path);
}

static void binding_belongs_to_the_file_object(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), other = new_port(0), duplicate = NULL, self = GetCurrentProcess();
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 31);
    require(DuplicateHandle(self, (HANDLE)pair.here, self, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    observe_text("P3", "second bind through a duplicate", creation(duplicate, other, 32), "NULL/87");
    pend_receive((SOCKET)duplicate, &byte, 1, &ov);
    send_text(pair.peer, "x");
    observe_packet("P3", "receive through a duplicate", port, &ov, "TRUE key 31 bytes 1 own");
    CloseHandle(duplicate);
    CloseHandle(port);
    CloseHandle(other);
    close_pair(pair);
}

static void binding_shared_by_winsock_duplicates(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), other = new_port(0);
    WSAPROTOCOL_INFOW info;
    SOCKET duplicate;
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 33);
    require(WSADuplicateSocketW(pair.here, GetCurrentProcessId(), &info) == 0);
    duplicate = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                           WSA_FLAG_OVERLAPPED);
    require(duplicate != INVALID_SOCKET);
    observe_text("P3", "second bind through WSADuplicateSocket", creation((HANDLE)duplicate, other, 34), "NULL/87");
    pend_receive(duplicate, &byte, 1, &ov);
    send_text(pair.peer, "x");
    observe_packet("P3", "receive through WSADuplicateSocket", port, &ov, "TRUE key 33 bytes 1 own");
    closesocket(duplicate);
    CloseHandle(port);
    CloseHandle(other);
    close_pair(pair);
}

static void binding_ends_with_the_file(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE port = new_port(0), other = new_port(0), file = open_overlapped(&path);

    observe_text("P4", "first bind", creation(file, port, 1), "the same port");
    observe_text("P4", "rebind while open", creation(file, other, 1), "NULL/87");
    CloseHandle(file);
    file = open_overlapped(&path);
    observe_text("P4", "bind after reopening", creation(file, other, 1), "the same port");
    CloseHandle(file);
    CloseHandle(port);
    CloseHandle(other);
    remove_file(&path);
}

static void bound_while_pending(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    pend_receive(pair.here, &byte, 1, &ov);
    bind_socket(port, pair.here, 51);
    observe_text("P5", "nothing yet", in_words(dequeue(port, 0), NULL), NOTHING);
    send_text(pair.peer, "x");
    observe_packet("P5", "receive older than its binding", port, &ov, "TRUE key 51 bytes 1 own");
    CloseHandle(port);
    close_pair(pair);
}

static void binding_signals_the_handle(void)
{
    struct tcp_pair pair = connected_pair(), skipping = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), ov_skipping = overlapped_at(0);
    char byte[2];

    pend_receive(pair.here, &byte[0], 1, &ov);
    observe("P6", "handle signaled with a receive pending", is_signaled((HANDLE)pair.here), 0);
    bind_socket(port, pair.here, 61);
    observe("P6", "handle signaled after binding", is_signaled((HANDLE)pair.here), 1);

    require(SetFileCompletionNotificationModes((HANDLE)skipping.here, FILE_SKIP_SET_EVENT_ON_HANDLE));
    pend_receive(skipping.here, &byte[1], 1, &ov_skipping);
    bind_socket(port, skipping.here, 62);
    observe("P6", "handle signaled after binding, SKIP_SET_EVENT_ON_HANDLE", is_signaled((HANDLE)skipping.here), 0);

    send_text(pair.peer, "x");
    send_text(skipping.peer, "x");
    observe("P6", "packets", packets_left(port), 2);
    CloseHandle(port);
    close_pair(pair);
    close_pair(skipping);
}

static void CALLBACK never_called_by_winsock(DWORD error, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)error, (void)bytes, (void)ov, (void)flags;
}

static void CALLBACK never_called_by_files(DWORD error, DWORD bytes, LPOVERLAPPED ov)
{
    (void)error, (void)bytes, (void)ov;
}

static void routines_refused_when_bound(void)
{
    struct tcp_pair pair = connected_pair();
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE port = new_port(0), file = open_overlapped(&path);
    OVERLAPPED ov = overlapped_at(0);
    char byte = 'x';
    WSABUF one;
    DWORD flags = 0;

    one.buf = &byte;
    one.len = 1;
    bind_socket(port, pair.here, 71);
    bind_to(port, file, 72);
    observe("P7", "WSARecv with a routine",
            WSARecv(pair.here, &one, 1, NULL, &flags, &ov, never_called_by_winsock) ? WSAGetLastError() : 0, 10022);
    observe("P7", "WSASend with a routine",
            WSASend(pair.here, &one, 1, NULL, 0, &ov, never_called_by_winsock) ? WSAGetLastError() : 0, 10022);
    observe("P7", "ReadFileEx", ReadFileEx(file, &byte, 1, &ov, never_called_by_files) ? 0 : GetLastError(), 87);
    observe("P7", "WriteFileEx", WriteFileEx(file, &byte, 1, &ov, never_called_by_files) ? 0 : GetLastError(), 87);
    observe_no_packet("P7", "packets of refused calls", port);
    observe_no_bytes("P7", "bytes sent by the refused call", pair.peer);
    CloseHandle(port);
    CloseHandle(file);
    close_pair(pair);
    remove_file(&path);
}

static void which_sockets_bind(void)
{
    SOCKET listener = new_listener(), plain = socket(AF_INET, SOCK_STREAM, 0), peer, accepted;
    SOCKET sync_socket = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);
    HANDLE port = new_port(0);

    peer = connect_to(listener);
    accepted = accept(listener, NULL, NULL);
    observe_text("P8", "socket()", creation((HANDLE)plain, port, 1), "the same port");
    observe_text("P8", "accept()", creation((HANDLE)accepted, port, 1), "the same port");
    observe_text("P8", "WSASocket without WSA_FLAG_OVERLAPPED", creation((HANDLE)sync_socket, port, 1), "NULL/87");
    closesocket(listener);
    closesocket(plain);
    closesocket(peer);
    closesocket(accepted);
    closesocket(sync_socket);
    CloseHandle(port);
}

static void keys_are_opaque(void)
{
    struct tcp_pair first = connected_pair(), second = connected_pair(), third = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov[3] = { overlapped_at(0), overlapped_at(0), overlapped_at(0) };
    char bytes[3];
    struct dequeued got;

    bind_socket(port, first.here, 0);
    bind_socket(port, second.here, 0);
    bind_socket(port, third.here, ~(ULONG_PTR)0);
    pend_receive(first.here, &bytes[0], 1, &ov[0]);
    pend_receive(second.here, &bytes[1], 1, &ov[1]);
    pend_receive(third.here, &bytes[2], 1, &ov[2]);
    send_text(second.peer, "x");
    observe_packet("P9", "key 0, second socket", port, &ov[1], "TRUE key 0 bytes 1 own");
    send_text(first.peer, "x");
    observe_packet("P9", "key 0, first socket", port, &ov[0], "TRUE key 0 bytes 1 own");
    send_text(third.peer, "x");
    got = dequeue(port, PATIENCE_MS);
    observe("P9", "all bits of key -1 came back", got.ok && got.key == ~(ULONG_PTR)0 && got.ov == &ov[2], 1);
    CloseHandle(port);
    close_pair(first);
    close_pair(second);
    close_pair(third);
}

static void listener_owns_the_accept(void)
{
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), peer;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), receiving = overlapped_at(0);
    char addresses[64], byte;
    DWORD bytes;

    bind_socket(port, listener, 125);
    bind_socket(port, acceptor, 236);
    observe("P10", "AcceptEx", AcceptEx(listener, acceptor, addresses, 0, 32, 32, &bytes, &ov) ? 0 : WSAGetLastError(),
            WSA_IO_PENDING);
    peer = connect_to(listener);
    observe_packet("P10", "key of the accept", port, &ov, "TRUE key 125 bytes 0 own");
    pend_receive(acceptor, &byte, 1, &receiving);
    send_text(peer, "x");
    observe_packet("P10", "key of the accepted socket", port, &receiving, "TRUE key 236 bytes 1 own");
    closesocket(peer);
    closesocket(acceptor);

    acceptor = new_socket(SOCK_STREAM);
    require(!AcceptEx(listener, acceptor, addresses, 0, 32, 32, &bytes, &ov));
    peer = connect_to(listener);
    observe_packet("P10", "accept into an unbound socket", port, &ov, "TRUE key 125 bytes 0 own");
    observe_text("P10", "binding it afterwards", creation((HANDLE)acceptor, port, 237), "the same port");
    pend_receive(acceptor, &byte, 1, &receiving);
    send_text(peer, "x");
    observe_packet("P10", "key of the binding made afterwards", port, &receiving, "TRUE key 237 bytes 1 own");
    closesocket(peer);
    closesocket(acceptor);
    closesocket(listener);
    CloseHandle(port);
}

static void files_outlive_the_port_handle(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), with_event = overlapped_with(new_event(TRUE, FALSE));
    char byte;

    bind_socket(port, pair.here, 11);
    CloseHandle(port);
    pend_receive(pair.here, &byte, 1, &with_event);
    send_text(pair.peer, "x");
    observe("P11", "event after the port handle is gone", signaled_in_time(with_event.hEvent), 1);
    observe_hex("P11", "status after the port handle is gone", with_event.Internal, 0);
    pend_receive(pair.here, &byte, 1, &ov);
    observe("P11", "cancel after the port handle is gone", CancelIoEx((HANDLE)pair.here, &ov) != 0, 1);
    observe("P11", "closing the file at last", closesocket(pair.here), 0);
    closesocket(pair.peer);
    CloseHandle(with_event.hEvent);
    /* The OVERLAPPED of the cancelled receive is this frame's: it must be over before the frame is. */
    Sleep(QUIET_MS);
}

static void modes_before_binding(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    observe("P13", "modes set before binding",
            SetFileCompletionNotificationModes((HANDLE)pair.here, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0, 1);
    bind_socket(port, pair.here, 13);
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    observe("P13", "receive done at once", receive(pair.here, &byte, 1, &ov), 0);
    observe_no_packet("P13", "packet in spite of the earlier mode", port);
    CloseHandle(port);
    close_pair(pair);
}

OBSERVE({ "creation_table", creation_table },
        { "failed_combination_leaks_nothing", failed_combination_leaks_nothing },
        { "binding_belongs_to_the_file_object", binding_belongs_to_the_file_object },
        { "binding_shared_by_winsock_duplicates", binding_shared_by_winsock_duplicates },
        { "binding_ends_with_the_file", binding_ends_with_the_file }, { "bound_while_pending", bound_while_pending },
        { "binding_signals_the_handle", binding_signals_the_handle },
        { "routines_refused_when_bound", routines_refused_when_bound }, { "which_sockets_bind", which_sockets_bind },
        { "keys_are_opaque", keys_are_opaque }, { "listener_owns_the_accept", listener_owns_the_accept },
        { "files_outlive_the_port_handle", files_outlive_the_port_handle },
        { "modes_before_binding", modes_before_binding })
