/* Section 12, first part: receiving from streams (S2, S3, S4, S6 to S10, S12 to S14). */
#include "../../support/fixtures.h"

static DWORD count, flags;

/* WSARecv with the count prefilled: 0, or the error. */
static DWORD receive_counted(SOCKET s, void *buffer, DWORD length, OVERLAPPED *ov)
{
    WSABUF one;
    one.buf = (char *)buffer;
    one.len = length;
    count = PREFILL;
    flags = 0;
    WSASetLastError(PREFILL);
    return WSARecv(s, &one, 1, &count, &flags, ov, NULL) == 0 ? 0 : (DWORD)WSAGetLastError();
}

static void counts_and_last_error(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    char buffer[8];
    WSABUF one;
    DWORD bytes;

    observe("S2", "receive that pends", receive_counted(pair.here, buffer, 8, &ov), WSA_IO_PENDING);
    observe_hex("S2", "count while it pends", count, PREFILL);
    send_text(pair.peer, "ab");
    observe("S2", "it completes", signaled_in_time(ov.hEvent), 1);
    observe_hex("S2", "count after it completed", count, PREFILL);
    send_text(pair.peer, "abc");
    await_bytes(pair.here, 3);
    observe("S2", "receive done at once", receive_counted(pair.here, buffer, 8, &ov), 0);
    observe("S2", "its count", count, 3);
    observe("S2", "last error after success", WSAGetLastError(), 0);
    one.buf = buffer;
    one.len = 1;
    WSASetLastError(PREFILL);
    observe("S2", "send with NULL count and OVERLAPPED", WSASend(pair.here, &one, 1, NULL, 0, &ov, NULL), 0);
    observe("S2", "last error after the send", WSAGetLastError(), 0);
    observe("S2", "send with NULL count and no OVERLAPPED",
            WSASend(pair.here, &one, 1, NULL, 0, NULL, NULL) ? WSAGetLastError() : 0, WSAEFAULT);
    shutdown(pair.here, SD_RECEIVE);
    observe("S2", "receive that fails", receive_counted(pair.here, buffer, 8, &ov), WSAESHUTDOWN);
    observe_hex("S2", "count of the receive that fails", count, PREFILL);
    bytes = 0;
    observe("S2", "send, count given", WSASend(pair.here, &one, 1, &bytes, 0, NULL, NULL), 0);
    observe("S2", "count of the send", bytes, 1);
    CloseHandle(ov.hEvent);
    close_pair(pair);
}

static void nonblocking_mode(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    u_long on = 1;
    char buffer[8];

    require(ioctlsocket(pair.here, FIONBIO, &on) == 0);
    observe("S3", "nonblocking, no OVERLAPPED", receive_counted(pair.here, buffer, 8, NULL), WSAEWOULDBLOCK);
    observe("S3", "nonblocking, OVERLAPPED", receive_counted(pair.here, buffer, 8, &ov), WSA_IO_PENDING);
    send_text(pair.peer, "ab");
    observe("S3", "it completes", signaled_in_time(ov.hEvent), 1);
    observe("S3", "its bytes", (long long)ov.InternalHigh, 2);
    CloseHandle(ov.hEvent);
    close_pair(pair);
}

/* A socket made without WSA_FLAG_OVERLAPPED: the OVERLAPPED counts for nothing, the call blocks. */
static DWORD WINAPI send_later(LPVOID peer)
{
    Sleep(QUIET_MS);
    send_text(*(SOCKET *)peer, "xyz");
    return 0;
}

static void socket_without_the_overlapped_flag(void)
{
    SOCKET listener = new_listener(), s = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), peer;
    struct sockaddr_in address = name_of(listener);
    OVERLAPPED ov = overlapped_at(0);
    HANDLE thread;
    char buffer[8];

    require(connect(s, (struct sockaddr *)&address, sizeof address) == 0);
    peer = accept(listener, NULL, NULL);
    thread = start_thread(send_later, &peer);
    observe("S3", "synchronous socket, OVERLAPPED", receive_counted(s, buffer, 8, &ov), 0);
    observe("S3", "it blocked until there was data", count, 3);
    join_thread(thread);
    closesocket(s);
    closesocket(peer);
    closesocket(listener);
}

#define CHUNKS 10

static void receives_in_issue_order(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov[CHUNKS];
    char buffers[CHUNKS][4], all[CHUNKS * 4];
    int i, in_order = 1, right = 0;

    bind_socket(port, pair.here, 4);
    for (i = 0; i < CHUNKS; i++) {
        ov[i] = overlapped_at(0);
        memset(&all[i * 4], 'a' + i, 4);
        pend_receive(pair.here, buffers[i], 4, &ov[i]);
    }
    require(send(pair.peer, all, sizeof all, 0) == sizeof all);
    for (i = 0; i < CHUNKS; i++) {
        struct dequeued got = dequeue(port, PATIENCE_MS);
        in_order = in_order && got.ok && got.ov == &ov[i] && got.bytes == 4;
    }
    for (i = 0; i < CHUNKS; i++)
        right += memcmp(buffers[i], &all[i * 4], 4) == 0;
    observe("S4", "receives with their own chunk of the stream", right, CHUNKS);
    observe("S4", "packets to one dequeuer in issue order", in_order, 1);
    CloseHandle(port);
    close_pair(pair);
}

static void whatever_is_there(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char first[2], second[4], buffer[100];
    WSABUF two[2];
    DWORD all = MSG_WAITALL;

    bind_socket(port, pair.here, 6);
    pend_receive(pair.here, buffer, 100, &ov);
    send_text(pair.peer, "abc");
    observe_packet("S6", "3 sent, 100 asked for", port, &ov, "TRUE key 6 bytes 3 own");
    two[0].buf = first;
    two[0].len = 2;
    two[1].buf = second;
    two[1].len = 4;
    flags = 0;
    observe("S6", "two buffers", WSARecv(pair.here, two, 2, NULL, &flags, &ov, NULL) ? WSAGetLastError() : 0,
            WSA_IO_PENDING);
    send_text(pair.peer, "abc");
    observe_packet("S6", "3 sent into 2 and 4", port, &ov, "TRUE key 6 bytes 3 own");
    observe("S6", "filled in order", memcmp(first, "ab", 2) == 0 && second[0] == 'c', 1);

    two[0].buf = buffer;
    two[0].len = 6;
    observe("S6", "MSG_WAITALL", WSARecv(pair.here, two, 1, NULL, &all, &ov, NULL) ? WSAGetLastError() : 0,
            WSA_IO_PENDING);
    send_text(pair.peer, "abc");
    observe_no_packet("S6", "MSG_WAITALL, half of it there", port);
    send_text(pair.peer, "def");
    observe_packet("S6", "MSG_WAITALL, all of it there", port, &ov, "TRUE key 6 bytes 6 own");
    CloseHandle(port);
    close_pair(pair);
}

static void nothing_asked_for(void)
{
    struct tcp_pair pair = connected_pair();
    SOCKET datagrams = new_datagram_socket(), peer = new_datagram_socket();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8];
    WSABUF one;

    bind_socket(port, pair.here, 7);
    bind_socket(port, datagrams, 8);
    pend_receive(pair.here, NULL, 0, &ov);
    observe_no_packet("S7", "receive of 0, nothing there", port);
    send_text(pair.peer, "abc");
    observe_packet("S7", "receive of 0, data came", port, &ov, "TRUE key 7 bytes 0 own");
    observe("S7", "the data is still there", recv(pair.here, buffer, 8, 0), 3);
    pend_receive(pair.here, buffer, 0, &ov);
    shutdown(pair.peer, SD_SEND);
    observe_packet("S7", "receive of 0, end of stream", port, &ov, "TRUE key 7 bytes 0 own");

    pend_receive(datagrams, buffer, 0, &ov);
    send_datagram(peer, datagrams, "abc", 3);
    observe_packet("S7", "receive of 0, a datagram came", port, &ov, "FALSE/234 key 8 bytes 0 own");
    send_datagram(peer, datagrams, "de", 2);
    require(readable_in_time(datagrams));
    observe("S7", "the datagram is consumed", recv(datagrams, buffer, 8, 0), 2);
    send_datagram(peer, datagrams, "abc", 3);
    require(readable_in_time(datagrams));
    observe("S7", "receive of 0, a datagram is there", receive(datagrams, buffer, 0, &ov), WSAEMSGSIZE);
    observe_packet("S7", "its packet", port, &ov, "FALSE/234 key 8 bytes 0 own");

    one.buf = buffer;
    one.len = 8;
    flags = 0;
    observe("S7", "no buffers to receive into",
            WSARecv(datagrams, &one, 0, NULL, &flags, &ov, NULL) ? WSAGetLastError() : 0, WSAEINVAL);
    observe("S7", "no buffers to send from",
            WSASend(pair.here, &one, 0, NULL, 0, &ov, NULL) ? WSAGetLastError() : 0, WSAEINVAL);
    closesocket(datagrams);
    closesocket(peer);
    CloseHandle(port);
    close_pair(pair);
}

static void end_of_stream(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8];

    bind_socket(port, pair.here, 9);
    pend_receive(pair.here, buffer, 8, &ov);
    require(shutdown(pair.peer, SD_SEND) == 0);
    observe_packet("S8", "end of stream while pending", port, &ov, "TRUE key 9 bytes 0 own");
    observe("S8", "receive at the end of the stream", receive_counted(pair.here, buffer, 8, &ov), 0);
    observe("S8", "its count", count, 0);
    observe_packet("S8", "its packet", port, &ov, "TRUE key 9 bytes 0 own");
    CloseHandle(port);
    close_pair(pair);
}

static void reset_by_peer(void)
{
    struct tcp_pair pair = connected_pair(), before = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    DWORD bytes = PREFILL;
    char buffer[8];

    bind_socket(port, pair.here, 9);
    bind_socket(port, before.here, 10);
    pend_receive(pair.here, buffer, 8, &ov);
    reset_connection(pair.peer);
    observe_packet("S9", "reset while pending", port, &ov, "FALSE/64 key 9 bytes 0 own");
    observe_hex("S9", "its status", status_of(&ov), 0xC000020D);
    flags = 0;
    observe("S9", "WSAGetOverlappedResult",
            WSAGetOverlappedResult(pair.here, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAECONNRESET);
    reset_connection(before.peer);
    /* Not select: where that is made from poll(2) it may take the error that the receive must report. */
    Sleep(QUIET_MS);
    observe("S9", "receive after the reset", receive_counted(before.here, buffer, 8, &ov), WSAECONNRESET);
    observe_hex("S9", "its count", count, PREFILL);
    observe_no_packet("S9", "its packet", port);
    closesocket(pair.here);
    closesocket(before.here);
    CloseHandle(port);
}

static void wrong_moments(void)
{
    struct tcp_pair pair = connected_pair();
    SOCKET unconnected = new_socket(SOCK_STREAM), unbound = new_socket(SOCK_DGRAM);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    struct sockaddr_in from;
    int from_length = sizeof from;
    char buffer[8] = "";
    WSABUF one;

    bind_socket(port, pair.here, 1);
    bind_socket(port, unconnected, 2);
    bind_socket(port, unbound, 3);
    observe("S10", "receive, not connected", receive(unconnected, buffer, 8, &ov), WSAENOTCONN);
    one.buf = buffer;
    one.len = 8;
    flags = 0;
    observe("S10", "WSARecvFrom, datagram socket without a name",
            WSARecvFrom(unbound, &one, 1, NULL, &flags, (struct sockaddr *)&from, &from_length, &ov, NULL)
                ? WSAGetLastError() : 0, WSAEINVAL);
    shutdown(pair.here, SD_RECEIVE);
    observe("S10", "receive after SD_RECEIVE", receive(pair.here, buffer, 8, &ov), WSAESHUTDOWN);
    shutdown(pair.here, SD_SEND);
    observe("S10", "send after SD_SEND", transmit(pair.here, buffer, 8, &ov), WSAESHUTDOWN);
    observe("S10", "WSARecv on what is no socket", receive(INVALID_SOCKET, buffer, 8, &ov), WSAENOTSOCK);
    observe_no_packet("S10", "packets of these", port);
    closesocket(unconnected);
    closesocket(unbound);
    CloseHandle(port);
    close_pair(pair);
}

static void receive_timeout_does_not_apply(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    DWORD timeout_ms = 50;
    char buffer[8];

    require(setsockopt(pair.here, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout_ms, sizeof timeout_ms) == 0);
    pend_receive(pair.here, buffer, 8, &ov);
    Sleep(300);
    observe("S13", "still pending after six times SO_RCVTIMEO", !HasOverlappedIoCompleted(&ov), 1);
    send_text(pair.peer, "x");
    observe("S13", "then completed by data", signaled_in_time(ov.hEvent), 1);
    observe("S13", "recv without OVERLAPPED times out", recv(pair.here, buffer, 8, 0) ? WSAGetLastError() : 0,
            WSAETIMEDOUT);
    CloseHandle(ov.hEvent);
    close_pair(pair);
}

static LONG routines;
static HANDLE seen_event;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED ov, DWORD received_flags)
{
    (void)error, (void)bytes, (void)received_flags;
    routines++;
    seen_event = ov->hEvent;
}

static void event_is_free_with_a_routine(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(event);
    char buffer[8];
    WSABUF one;
    int tries;

    one.buf = buffer;
    one.len = 8;
    flags = 0;
    require(WSARecv(pair.here, &one, 1, NULL, &flags, &ov, routine) == 0 || WSAGetLastError() == WSA_IO_PENDING);
    send_text(pair.peer, "x");
    for (tries = 0; tries < 50 && routines == 0; tries++)
        SleepEx(100, TRUE);
    observe("S14", "routine called", routines, 1);
    observe("S14", "event signaled", is_signaled(event), 0);
    ov = overlapped_with((HANDLE)(ULONG_PTR)0x12345677);
    observe("S14", "anything in hEvent",
            WSARecv(pair.here, &one, 1, NULL, &flags, &ov, routine) ? WSAGetLastError() : 0, WSA_IO_PENDING);
    send_text(pair.peer, "x");
    for (tries = 0; tries < 50 && routines == 1; tries++)
        SleepEx(100, TRUE);
    observe("S14", "the routine finds it there", seen_event == (HANDLE)(ULONG_PTR)0x12345677, 1);
    CloseHandle(event);
    close_pair(pair);
}

OBSERVE({ "counts_and_last_error", counts_and_last_error }, { "nonblocking_mode", nonblocking_mode },
        { "socket_without_the_overlapped_flag", socket_without_the_overlapped_flag },
        { "receives_in_issue_order", receives_in_issue_order }, { "whatever_is_there", whatever_is_there },
        { "nothing_asked_for", nothing_asked_for }, { "end_of_stream", end_of_stream },
        { "reset_by_peer", reset_by_peer }, { "wrong_moments", wrong_moments },
        { "receive_timeout_does_not_apply", receive_timeout_does_not_apply },
        { "event_is_free_with_a_routine", event_is_free_with_a_routine })
