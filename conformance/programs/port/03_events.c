/* Section 3, second half: events and the status block (D4, D8 to D12). */
#include "../../support/fixtures.h"

static void event_bit_suppresses_the_packet(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(tagged(event, 1)), plain = overlapped_at(0);
    char buffer[8];
    DWORD bytes = 0;

    bind_socket(port, pair.here, 4);
    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    send_text(pair.peer, "abc");
    observe("D4", "event signaled", signaled_in_time(event), 1);
    observe_hex("D4", "status", status_of(&ov), 0);
    observe("D4", "bytes", (long long)ov.InternalHigh, 3);
    observe_no_packet("D4", "packet", port);
    observe("D4", "GetOverlappedResult", GetOverlappedResult((HANDLE)pair.here, &ov, &bytes, TRUE) && bytes == 3, 1);

    send_text(pair.peer, "abc");
    await_bytes(pair.here, 3);
    ResetEvent(event);
    observe("D4", "at once: receive", receive(pair.here, buffer, sizeof buffer, &ov), 0);
    observe("D4", "at once: event signaled", is_signaled(event), 1);
    observe_no_packet("D4", "at once: packet", port);

    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    observe("D4", "cancelled: event signaled", signaled_in_time(event), 1);
    observe_no_packet("D4", "cancelled: packet", port);

    pend_receive(pair.here, buffer, sizeof buffer, &plain);
    send_text(pair.peer, "ab");
    observe_packet("D4", "the next operation without the bit", port, &plain, "TRUE key 4 bytes 2 own");
    CloseHandle(event);
    CloseHandle(port);
    close_pair(pair);
}

/* When the status of a pending operation is written: at its packet's dequeue, or at completion with an event. */
static void status_waits_for_the_packet(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), with_event = overlapped_with(new_event(TRUE, FALSE));
    char buffer[8];

    bind_socket(port, pair.here, 8);
    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    ov.InternalHigh = PREFILL;
    send_text(pair.peer, "abc");
    Sleep(QUIET_MS);
    observe_hex("D8", "completed, not dequeued: status", status_of(&ov), PENDING);
    observe_hex("D8", "completed, not dequeued: InternalHigh", ov.InternalHigh, PREFILL);
    observe("D8", "completed, not dequeued: the macro", HasOverlappedIoCompleted(&ov) != 0, 0);
    observe_packet("D8", "its packet", port, &ov, "TRUE key 8 bytes 3 own");
    observe_hex("D8", "dequeued: status", status_of(&ov), 0);
    observe("D8", "dequeued: InternalHigh", (long long)ov.InternalHigh, 3);

    /* A wait for the port itself knows that the packet is queued, and takes nothing. */
    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    send_text(pair.peer, "ab");
    observe("D8", "queued: the port says so", signaled_in_time(port), 1);
    observe_hex("D8", "queued: status", status_of(&ov), PENDING);
    observe_packet("D8", "packet of the queued one", port, &ov, "TRUE key 8 bytes 2 own");
    observe_hex("D8", "queued, then dequeued: status", status_of(&ov), 0);

    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    Sleep(QUIET_MS);
    observe_hex("D8", "cancelled, not dequeued: status", status_of(&ov), PENDING);
    observe_packet("D8", "packet of the cancelled one", port, &ov, "FALSE/995 key 8 bytes 0 own");
    observe_hex("D8", "cancelled, dequeued: status", status_of(&ov), CANCELLED);

    pend_receive(pair.here, buffer, sizeof buffer, &with_event);
    send_text(pair.peer, "abcd");
    observe("D8", "with an event: signaled before the dequeue", signaled_in_time(with_event.hEvent), 1);
    observe_hex("D8", "with an event: status before the dequeue", status_of(&with_event), 0);
    observe("D8", "with an event: bytes before the dequeue", (long long)with_event.InternalHigh, 4);
    observe_packet("D8", "with an event: packet", port, &with_event, "TRUE key 8 bytes 4 own");

    send_text(pair.peer, "ab");
    await_bytes(pair.here, 2);
    ov = overlapped_at(0);
    observe("D8", "finished inside the call", receive(pair.here, buffer, sizeof buffer, &ov), 0);
    observe_hex("D8", "finished inside the call: status before the dequeue", status_of(&ov), 0);
    observe("D8", "finished inside the call: bytes before the dequeue", (long long)ov.InternalHigh, 2);
    observe_packet("D8", "finished inside the call: packet", port, &ov, "TRUE key 8 bytes 2 own");

    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    closesocket(pair.here);
    CloseHandle(port);
    Sleep(QUIET_MS);
    observe_hex("D8", "port closed over the packet: status", status_of(&ov), PENDING);
    closesocket(pair.peer);
    CloseHandle(with_event.hEvent);
}

static void what_is_signaled(int event_given)
{
    struct tcp_pair pair = connected_pair();
    HANDLE event = new_event(TRUE, TRUE), file = (HANDLE)pair.here;
    OVERLAPPED ov = overlapped_with(event_given ? event : NULL);
    const char *with = event_given ? "with event" : "no event";
    char buffer[8], what[64];

#define STATE(moment, event_expected, file_expected)                                           \
    snprintf(what, sizeof what, "%s, %s: event", with, moment);                                \
    observe("D9", what, is_signaled(event), event_expected);                                   \
    snprintf(what, sizeof what, "%s, %s: file", with, moment);                                 \
    observe("D9", what, is_signaled(file), file_expected)

    STATE("fresh", 1, 1);
    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    STATE("pending", !event_given, 0);
    send_text(pair.peer, "abc");
    observe("D9", event_given ? "with event, the wait ends" : "no event, the wait ends",
            signaled_in_time(event_given ? event : file), 1);
    STATE("done", 1, !event_given);
    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    STATE("pending again", !event_given, 0);
    require(CancelIo(file));
    STATE("cancelled", 1, !event_given);
    send_text(pair.peer, "abc");
    await_bytes(pair.here, 3);
    ResetEvent(event);
    require(receive(pair.here, buffer, sizeof buffer, &ov) == 0);
    STATE("done inside the call", event_given, !event_given);
#undef STATE
    CloseHandle(event);
    close_pair(pair);
}

static void signal_matrix(void)
{
    what_is_signaled(0);
    what_is_signaled(1);
}

static void event_reset_and_validation(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    struct tcp_pair pair = connected_pair();
    HANDLE file = open_overlapped(&path), event = new_event(TRUE, TRUE), closed, mutex;
    OVERLAPPED ov = overlapped_with(event);
    char buffer[4] = "";
    DWORD bytes = 0, error;

    observe("D10", "unknown control code", DeviceIoControl(file, 0xdeadbeef, NULL, 0, NULL, 0, &bytes, &ov) != 0, 0);
    observe("D10", "event after the driver's refusal", is_signaled(event), 0);
    SetEvent(event);
    ov = overlapped_with(event);
    observe("D10", "read into NULL", ReadFile(file, NULL, 1, &bytes, &ov) ? 0 : GetLastError(), ERROR_NOACCESS);
    observe("D10", "event after the failed validation", is_signaled(event), 1);

    mutex = CreateMutexW(NULL, FALSE, NULL);
    ov = overlapped_with(mutex);
    observe("D10", "read with a mutex for an event", ReadFile(file, buffer, 1, &bytes, &ov) ? 0 : GetLastError(), 6);
    closed = new_event(TRUE, FALSE);
    CloseHandle(closed);
    ov = overlapped_with(closed);
    observe("D10", "read with a closed event", ReadFile(file, buffer, 1, &bytes, &ov) ? 0 : GetLastError(), 6);
    observe("D10", "bytes of the refused reads", buffer[0], 0);
    /* Winsock may name the handle (6) or map it (10038); what counts is that nothing was received. */
    error = receive(pair.here, buffer, 1, &ov);
    observe("D10", "receive with a closed event refused", error == WSA_INVALID_HANDLE || error == WSAENOTSOCK, 1);
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    error = receive(pair.here, buffer, 1, &ov);
    observe("D10", "receive with a closed event, data there, refused",
            error == WSA_INVALID_HANDLE || error == WSAENOTSOCK, 1);
    await_bytes(pair.here, 1);
    observe("D10", "the data is still there", recv(pair.here, buffer, 1, 0), 1);
    CloseHandle(mutex);
    CloseHandle(event);
    CloseHandle(file);
    close_pair(pair);
    remove_file(&path);
}

static void event_at_every_ending(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(event);
    char buffer[8];

    pend_receive(pair.here, buffer, 1, &ov);
    send_text(pair.peer, "x");
    observe("D11", "success", signaled_in_time(event), 1);
    pend_receive(pair.here, buffer, 1, &ov);
    observe("D11", "reset by the next operation", is_signaled(event), 0);
    require(CancelIo((HANDLE)pair.here));
    observe("D11", "cancel", signaled_in_time(event), 1);
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    ResetEvent(event);
    require(receive(pair.here, buffer, 1, &ov) == 0);
    observe("D11", "success inside the call", is_signaled(event), 1);
    pend_receive(pair.here, buffer, 1, &ov);
    reset_connection(pair.peer);
    observe("D11", "error", signaled_in_time(event), 1);
    observe_hex("D11", "status of the error", status_of(&ov), 0xC000020D);
    CloseHandle(event);
    closesocket(pair.here);
}

static DWORD WINAPI send_a_little_later(LPVOID peer)
{
    Sleep(QUIET_MS);
    send_text(*(SOCKET *)peer, "x");
    return 0;
}

static void auto_reset_event(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE event = new_event(FALSE, FALSE);
    OVERLAPPED ov = overlapped_with(event);
    DWORD bytes = 0;
    HANDLE sender;
    char byte;

    pend_receive(pair.here, &byte, 1, &ov);
    sender = start_thread(send_a_little_later, &pair.peer);
    observe("D12", "first wait for the result",
            GetOverlappedResult((HANDLE)pair.here, &ov, &bytes, TRUE) && bytes == 1, 1);
    observe("D12", "the wait consumed the event", is_signaled(event), 0);
    observe("D12", "second wait for the result",
            GetOverlappedResult((HANDLE)pair.here, &ov, &bytes, TRUE) && bytes == 1, 1);
    join_thread(sender);
    CloseHandle(event);
    close_pair(pair);
}

OBSERVE({ "event_bit_suppresses_the_packet", event_bit_suppresses_the_packet },
        { "status_waits_for_the_packet", status_waits_for_the_packet }, { "signal_matrix", signal_matrix },
        { "event_reset_and_validation", event_reset_and_validation },
        { "event_at_every_ending", event_at_every_ending }, { "auto_reset_event", auto_reset_event })
