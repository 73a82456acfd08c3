/* Section 3: exactly one packet for each operation whatever races with it (D6), data before packet (D7), D13. */
#include "../../support/fixtures.h"

/* Completion against cancellation, with two threads dequeuing. */
#define RACES 1500
static HANDLE port;
static OVERLAPPED raced[RACES];
static LONG packets_of[RACES];
static char raced_bytes[RACES];
static LONG other_endings;
static volatile LONG packets_taken;

static DWORD WINAPI count_packets(LPVOID unused)
{
    (void)unused;
    for (;;) {
        struct dequeued got = dequeue(port, PATIENCE_MS);
        if (got.ov == NULL)
            return 0;
        InterlockedIncrement(&packets_of[got.ov - raced]);
        if (!(got.ok && got.bytes == 1) && !(!got.ok && got.error == ERROR_OPERATION_ABORTED && got.bytes == 0))
            InterlockedIncrement(&other_endings);
        InterlockedIncrement(&packets_taken);
    }
}

struct sender {
    SOCKET s;
    volatile LONG turn, sent;
};

/* Sends one byte each time its turn comes: at about the same moment as main cancels. */
static DWORD WINAPI send_in_turn(LPVOID argument)
{
    struct sender *sender = (struct sender *)argument;
    LONG turn;
    for (turn = 1; turn <= RACES; turn++) {
        if (!yield_until(&sender->turn, turn))
            return 1;
        if (send(sender->s, "x", 1, 0) != 1)
            return 1;
        InterlockedIncrement(&sender->sent);
    }
    return 0;
}

static void completion_against_cancel(void)
{
    struct tcp_pair pair = connected_pair();
    struct sender sender = { pair.peer, 0, 0 };
    HANDLE dequeuers[2], sending;
    int i, none = 0, twice = 0, refused = 0;

    port = new_port(0);
    bind_socket(port, pair.here, 1);
    dequeuers[0] = start_thread(count_packets, NULL);
    dequeuers[1] = start_thread(count_packets, NULL);
    sending = start_thread(send_in_turn, &sender);
    for (i = 0; i < RACES; i++) {
        DWORD error = receive(pair.here, &raced_bytes[i], 1, &raced[i]);
        refused += error != 0 && error != WSA_IO_PENDING;
        InterlockedIncrement(&sender.turn);
        CancelIoEx((HANDLE)pair.here, &raced[i]);
        if (!yield_until(&sender.sent, i + 1))
            break;
    }
    observe("D6", "receives issued", i, RACES);
    observe("D6", "receives refused", refused, 0);
    observe("D6", "packets in all", becomes(&packets_taken, RACES), 1);
    Sleep(QUIET_MS);
    for (i = 0; i < RACES; i++) {
        none += packets_of[i] == 0;
        twice += packets_of[i] > 1;
    }
    observe("D6", "operations without a packet", none, 0);
    observe("D6", "operations with two packets", twice, 0);
    observe("D6", "endings other than one byte or 995", other_endings, 0);
    PostQueuedCompletionStatus(port, 0, 0, NULL);
    PostQueuedCompletionStatus(port, 0, 0, NULL);
    join_thread(sending);
    join_thread(dequeuers[0]);
    join_thread(dequeuers[1]);
    CloseHandle(port);
    close_pair(pair);
}

static void one_packet_at_handle_close(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov[3] = { overlapped_at(0), overlapped_at(0), overlapped_at(0) };
    char bytes[3];
    int i;

    port = new_port(0);
    bind_socket(port, pair.here, 1);
    for (i = 0; i < 3; i++)
        pend_receive(pair.here, &bytes[i], 1, &ov[i]);
    closesocket(pair.here);
    observe("D6", "packets of three receives at close", packets_left(port), 3);
    closesocket(pair.peer);
    CloseHandle(port);
}

/* Whoever sees the packet or the event sees the data, the number of the round. */
#define ROUNDS 1000
static volatile LONG round_received;
static LONG stale_by_packet;
static LONG received_value;

static DWORD WINAPI check_by_packet(LPVOID unused)
{
    LONG round;
    (void)unused;
    for (round = 1; round <= ROUNDS; round++) {
        struct dequeued got = dequeue(port, PATIENCE_MS);
        if (!got.ok || got.bytes != sizeof received_value)
            return 1;
        stale_by_packet += received_value != round;
        InterlockedExchange(&round_received, round);
    }
    return 0;
}

static void data_before_notice(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov;
    HANDLE thread, event = new_event(FALSE, FALSE);
    LONG round;
    int stale_by_event = 0, late = 0;

    port = new_port(0);
    bind_socket(port, pair.here, 1);
    thread = start_thread(check_by_packet, NULL);
    for (round = 1; round <= ROUNDS && !late; round++) {
        ov = overlapped_at(0);
        require(receive(pair.here, &received_value, sizeof received_value, &ov) == WSA_IO_PENDING);
        require(send(pair.peer, (char *)&round, sizeof round, 0) == sizeof round);
        late = !yield_until(&round_received, round);
    }
    observe("D7", "packets that never came", late, 0);
    observe("D7", "packets ahead of their data", stale_by_packet, 0);
    join_thread(thread);

    late = 0;
    for (round = 1; round <= ROUNDS && !late; round++) {
        ov = overlapped_with(tagged(event, 1));
        require(receive(pair.here, &received_value, sizeof received_value, &ov) == WSA_IO_PENDING);
        require(send(pair.peer, (char *)&round, sizeof round, 0) == sizeof round);
        late = !signaled_in_time(event);
        stale_by_event += received_value != round || status_of(&ov) != 0;
    }
    observe("D7", "events that never came", late, 0);
    observe("D7", "events ahead of their data or status", stale_by_event, 0);
    CloseHandle(event);
    CloseHandle(port);
    close_pair(pair);
}

/* One OVERLAPPED for two operations is the caller's mistake; what must survive is everybody else. */
static void overlapped_used_twice(void)
{
    struct tcp_pair pair = connected_pair(), clean = connected_pair();
    OVERLAPPED ov = overlapped_at(0), other = overlapped_at(0);
    char bytes[2], byte;

    port = new_port(0);
    bind_socket(port, pair.here, 1);
    bind_socket(port, clean.here, 2);
    receive(pair.here, &bytes[0], 1, &ov);
    receive(pair.here, &bytes[1], 1, &ov);
    send_text(pair.peer, "ab");
    observe("D13", "packets of two receives with one OVERLAPPED", packets_left(port), 2);
    observe("D13", "both bytes arrived", bytes[0] == 'a' && bytes[1] == 'b', 1);
    pend_receive(clean.here, &byte, 1, &other);
    send_text(clean.peer, "x");
    observe_packet("D13", "another socket afterwards", port, &other, "TRUE key 2 bytes 1 own");
    CloseHandle(port);
    close_pair(pair);
    close_pair(clean);
}

OBSERVE({ "completion_against_cancel", completion_against_cancel },
        { "one_packet_at_handle_close", one_packet_at_handle_close }, { "data_before_notice", data_before_notice },
        { "overlapped_used_twice", overlapped_used_twice })
