/* Section 3, first half: which operations produce a packet (D1 row by row, with and without SKIP), D2, D3, D5. */
#include "../../support/fixtures.h"

/* How an operation can end. Each row prepares a bound socket, issues one call and, if it pends, ends it. */
enum ending {
    SYNC_SUCCESS,
    SYNC_WARNING,
    SYNC_ERROR,
    PENDING_SUCCESS,
    PENDING_WARNING,
    PENDING_ERROR,
    PENDING_CANCEL,
    NOT_ISSUED,
    ENDINGS
};

static const char *const ending_names[ENDINGS] = { "sync success",    "sync warning",  "sync hard error",
                                                   "pending success", "pending warning", "pending error",
                                                   "pending cancel",  "not issued" };
static const char *const calls_expected[ENDINGS] = { "done",      "error 10040", "error 10057", "error 997",
                                                     "error 997", "error 997",   "error 997",   "error 10022" };
static const char *const packets_expected[ENDINGS] = { "TRUE key 9 bytes 3 own",
                                                       "FALSE/234 key 9 bytes 4 own",
                                                       NOTHING,
                                                       "TRUE key 9 bytes 3 own",
                                                       "FALSE/234 key 9 bytes 4 own",
                                                       "FALSE/64 key 9 bytes 0 own",
                                                       "FALSE/995 key 9 bytes 0 own",
                                                       NOTHING };

static void end_one_operation(enum ending ending, int skip)
{
    int datagram = ending == SYNC_WARNING || ending == PENDING_WARNING;
    int pends = ending >= PENDING_SUCCESS && ending <= PENDING_CANCEL;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    struct tcp_pair pair = { INVALID_SOCKET, INVALID_SOCKET };
    SOCKET s;
    char buffer[16], what[80];
    WSABUF one;
    DWORD flags = 0, error;

    if (datagram) {
        pair.here = new_datagram_socket();
        pair.peer = new_datagram_socket();
    } else if (ending == SYNC_ERROR) {
        pair.here = new_socket(SOCK_STREAM);
    } else {
        pair = connected_pair();
    }
    s = pair.here;
    bind_socket(port, s, 9);
    if (skip)
        require(SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    if (ending == SYNC_SUCCESS)
        send_text(pair.peer, "abc");
    if (ending == SYNC_WARNING)
        send_datagram(pair.peer, s, "0123456789", 10);
    if (ending == SYNC_SUCCESS || ending == SYNC_WARNING)
        require(readable_in_time(s));

    one.buf = buffer;
    one.len = datagram ? 4 : sizeof buffer;
    error = WSARecv(s, &one, ending == NOT_ISSUED ? 0 : 1, NULL, &flags, &ov, NULL) ? WSAGetLastError() : 0;
    snprintf(what, sizeof what, "%s%s: call", ending_names[ending], skip ? ", SKIP" : "");
    observe_text("D1", what, result_in_words(error == 0, error), calls_expected[ending]);

    if (ending == PENDING_SUCCESS)
        send_text(pair.peer, "abc");
    if (ending == PENDING_WARNING)
        send_datagram(pair.peer, s, "0123456789", 10);
    if (ending == PENDING_ERROR) {
        reset_connection(pair.peer);
        pair.peer = INVALID_SOCKET;
    }
    if (ending == PENDING_CANCEL)
        require(CancelIoEx((HANDLE)s, &ov));

    snprintf(what, sizeof what, "%s%s: packet", ending_names[ending], skip ? ", SKIP" : "");
    observe_text("D1", what, in_words(dequeue(port, pends ? PATIENCE_MS : QUIET_MS), &ov),
                 skip && !pends ? NOTHING : packets_expected[ending]);
    snprintf(what, sizeof what, "%s%s: packets beyond it", ending_names[ending], skip ? ", SKIP" : "");
    observe("D1", what, packets_left(port), 0);

    closesocket(s);
    if (pair.peer != INVALID_SOCKET)
        closesocket(pair.peer);
    CloseHandle(port);
}

static void delivery_table(void)
{
    int ending, skip;
    for (ending = 0; ending < ENDINGS; ending++)
        for (skip = 0; skip <= 1; skip++)
            end_one_operation((enum ending)ending, skip);
}

static void immediate_success_posts(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), sending = overlapped_at(0);
    char buffer[8];

    bind_socket(port, pair.here, 2);
    send_text(pair.peer, "abc");
    await_bytes(pair.here, 3);
    observe("D2", "receive of data that is there", receive(pair.here, buffer, sizeof buffer, &ov), 0);
    observe_hex("D2", "status when the call returned", status_of(&ov), 0);
    observe("D2", "bytes when the call returned", (long long)ov.InternalHigh, 3);
    observe_packet("D2", "its packet all the same", port, &ov, "TRUE key 2 bytes 3 own");
    observe("D2", "send that fits", transmit(pair.here, "xy", 2, &sending), 0);
    observe_packet("D2", "packet of the send", port, &sending, "TRUE key 2 bytes 2 own");
    require(SetFileCompletionNotificationModes((HANDLE)pair.here, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    send_text(pair.peer, "abc");
    await_bytes(pair.here, 3);
    observe("D2", "receive of data that is there, SKIP", receive(pair.here, buffer, sizeof buffer, &ov), 0);
    observe("D2", "send that fits, SKIP", transmit(pair.here, "xy", 2, &sending), 0);
    observe_no_packet("D2", "packets with SKIP", port);
    CloseHandle(port);
    close_pair(pair);
}

/* The invariant of D3: a truncated receive that returned 10040 without SKIP, or 997, has exactly one packet. */
static void warnings_post(void)
{
    int skip;
    for (skip = 0; skip <= 1; skip++) {
        SOCKET s = new_datagram_socket(), peer = new_datagram_socket();
        HANDLE port = new_port(0);
        OVERLAPPED ov = overlapped_at(0);
        char buffer[4];
        DWORD error;
        int packets;

        bind_socket(port, s, 3);
        if (skip)
            require(SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
        send_datagram(peer, s, "0123456789", 10);
        require(readable_in_time(s));
        error = receive(s, buffer, sizeof buffer, &ov);
        packets = packets_left(port);
        observe("D3", skip ? "truncated receive with SKIP is 10040 or 997" : "truncated receive is 10040 or 997",
                error == WSAEMSGSIZE || error == WSA_IO_PENDING, 1);
        observe("D3", skip ? "packets are right for that, SKIP" : "packets are right for that",
                packets == (error == WSA_IO_PENDING || !skip), 1);
        observe("D3", skip ? "what fits was delivered, SKIP" : "what fits was delivered",
                memcmp(buffer, "0123", 4) == 0, 1);
        closesocket(s);
        closesocket(peer);
        CloseHandle(port);
    }
}

static void calls_without_overlapped_are_silent(void)
{
    SOCKET listener = new_listener(), client = new_socket(SOCK_STREAM), accepted;
    struct sockaddr_in address = name_of(listener);
    HANDLE port = new_port(0);
    char buffer[8];
    DWORD bytes = 0, flags = 0;
    WSABUF one;

    one.buf = buffer;
    one.len = sizeof buffer;
    bind_socket(port, client, 5);
    bind_socket(port, listener, 6);
    observe("D5", "connect", connect(client, (struct sockaddr *)&address, sizeof address), 0);
    accepted = accept(listener, NULL, NULL);
    observe("D5", "accept", accepted != INVALID_SOCKET, 1);
    observe_no_packet("D5", "packets of connect and accept", port);

    send_text(client, "abc");
    observe("D5", "recv", recv(accepted, buffer, sizeof buffer, 0), 3);
    send_text(accepted, "abc");
    await_bytes(client, 3);
    observe("D5", "WSARecv", WSARecv(client, &one, 1, &bytes, &flags, NULL, NULL), 0);
    one.len = bytes;
    observe("D5", "WSASend", WSASend(client, &one, 1, &bytes, 0, NULL, NULL), 0);
    observe_no_packet("D5", "packets of send and recv", port);

    observe("D5", "WSASendDisconnect", WSASendDisconnect(client, NULL), 0);
    observe_no_packet("D5", "packet of WSASendDisconnect", port);
    observe("D5", "WSARecvDisconnect", WSARecvDisconnect(client, NULL), 0);
    observe_no_packet("D5", "packet of WSARecvDisconnect", port);
    closesocket(client);
    closesocket(accepted);

    client = connect_to(listener);
    bind_socket(port, client, 7);
    accepted = accept(listener, NULL, NULL);
    observe("D5", "shutdown", shutdown(client, SD_RECEIVE), 0);
    observe("D5", "DisconnectEx without OVERLAPPED", disconnect_ex(client)(client, NULL, 0, 0) != 0, 1);
    observe_no_packet("D5", "packets of shutdown and DisconnectEx", port);
    closesocket(client);
    closesocket(accepted);
    closesocket(listener);
    CloseHandle(port);
}

OBSERVE({ "delivery_table", delivery_table }, { "immediate_success_posts", immediate_success_posts },
        { "warnings_post", warnings_post },
        { "calls_without_overlapped_are_silent", calls_without_overlapped_are_silent })
