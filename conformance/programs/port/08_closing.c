/* Section 8: closing the port under waiters, with packets queued, with files still bound. */
#include "../../support/fixtures.h"

struct waiter {
    HANDLE port;
    struct dequeued got;
    volatile LONG done;
};

static DWORD WINAPI wait_long(LPVOID argument)
{
    struct waiter *waiter = (struct waiter *)argument;
    waiter->got = dequeue(waiter->port, SAT_OUT_MS);
    InterlockedExchange(&waiter->done, 1);
    return 0;
}

static void all_waiters_wake(void)
{
    HANDLE port = new_port(0), threads[4];
    struct waiter waiters[4];
    int i, abandoned = 0;

    for (i = 0; i < 4; i++) {
        memset(&waiters[i], 0, sizeof waiters[i]);
        waiters[i].port = port;
        threads[i] = start_thread(wait_long, &waiters[i]);
    }
    Sleep(QUIET_MS);
    CloseHandle(port);
    for (i = 0; i < 4; i++) {
        join_thread(threads[i]);
        abandoned += !waiters[i].got.ok && waiters[i].got.ov == NULL && waiters[i].got.error == 735;
    }
    observe("C1", "waiters woken with 735", abandoned, 4);
}

static void duplicates_keep_it_open(void)
{
    HANDLE port = new_port(0), duplicate = NULL, self = GetCurrentProcess(), thread;
    struct waiter waiter = { port, { 0 }, 0 };

    require(DuplicateHandle(self, port, self, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    thread = start_thread(wait_long, &waiter);
    Sleep(QUIET_MS);
    CloseHandle(port);
    Sleep(QUIET_MS);
    observe("C2", "waiter woken by the first close", peek(&waiter.done), 0);
    observe("C2", "the duplicate posts", PostQueuedCompletionStatus(duplicate, 0, 3, NULL) != 0, 1);
    join_thread(thread);
    observe_text("C2", "what the waiter got", in_words(waiter.got, NULL), "TRUE key 3 bytes 0 own");

    waiter.port = duplicate;
    waiter.done = 0;
    thread = start_thread(wait_long, &waiter);
    Sleep(QUIET_MS);
    CloseHandle(duplicate);
    join_thread(thread);
    observe_text("C2", "after the last close", in_words(waiter.got, NULL), "FALSE/735 nothing");
}

static void queued_packets_are_dropped(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);
    OVERLAPPED deferred = overlapped_at(0), written = overlapped_with(event);
    char bytes[2];

    bind_socket(port, pair.here, 3);
    pend_receive(pair.here, &bytes[0], 1, &deferred);
    pend_receive(pair.here, &bytes[1], 1, &written);
    require(PostQueuedCompletionStatus(port, 0, 1, NULL));
    send_text(pair.peer, "xy");
    observe("C3", "event before the close", signaled_in_time(event), 1);
    CloseHandle(port);
    observe("C3", "event after the close", is_signaled(event), 1);
    observe_hex("C3", "status of the one with the event", status_of(&written), 0);
    observe_hex("C3", "status that would have come with the packet", status_of(&deferred), PENDING);
    observe_text("C3", "the closed port", in_words(dequeue(port, 0), NULL), "FALSE/6 nothing");
    close_pair(pair);
    CloseHandle(event);
    Sleep(QUIET_MS);
}

static void files_go_on(void)
{
    struct tcp_pair pair = connected_pair();
    struct temp_file path = temp_file_with("abcdef", 6);
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE), file = open_overlapped(&path);
    OVERLAPPED ov = overlapped_with(event);
    DWORD bytes = 0;
    char buffer[8];

    bind_socket(port, pair.here, 4);
    bind_to(port, file, 5);
    pend_receive(pair.here, buffer, 1, &ov);
    CloseHandle(port);
    send_text(pair.peer, "x");
    observe("C4", "receive begun before the close: event", signaled_in_time(event), 1);
    observe_hex("C4", "receive begun before the close: status", status_of(&ov), 0);
    pend_receive(pair.here, buffer, 1, &ov);
    send_text(pair.peer, "x");
    observe("C4", "receive begun after the close: event", signaled_in_time(event), 1);
    ov = overlapped_with(event);
    if (!ReadFile(file, buffer, 6, NULL, &ov))
        require(GetLastError() == ERROR_IO_PENDING);
    observe("C4", "read begun after the close",
            GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 6 && memcmp(buffer, "abcdef", 6) == 0, 1);
    CloseHandle(event);
    CloseHandle(file);
    close_pair(pair);
    remove_file(&path);
}

static void calls_after_close(void)
{
    HANDLE port = new_port(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed;

    require(PostQueuedCompletionStatus(port, 0, 1, NULL));
    CloseHandle(port);
    observe_text("C5", "GetQueuedCompletionStatus", in_words(dequeue(port, 20), NULL), "FALSE/6 nothing");
    observe("C5", "GetQueuedCompletionStatusEx",
            GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 20, FALSE) ? 0 : GetLastError(), 6);
    observe("C5", "PostQueuedCompletionStatus", PostQueuedCompletionStatus(port, 0, 1, NULL) ? 0 : GetLastError(), 6);
    observe("C5", "closing again", CloseHandle(port) ? 0 : GetLastError(), 6);
}

/* The value of a closed handle is soon another port's: a waiter belongs to the object it waited on. */
static void handle_values_are_reused(void)
{
    int round, abandoned = 0, strangers = 0;
    for (round = 0; round < 20 && abandoned == round; round++) {
        HANDLE port = new_port(0), successor, thread;
        struct waiter waiter = { port, { 0 }, 0 };

        thread = start_thread(wait_long, &waiter);
        Sleep(20);
        CloseHandle(port);
        successor = new_port(0);
        require(PostQueuedCompletionStatus(successor, 0, 6, NULL));
        join_thread(thread);
        /* A waiter that was late finds the successor under the value it was given: not the case meant here. */
        abandoned += !waiter.got.ok && waiter.got.ov == NULL && waiter.got.error == 735;
        strangers += waiter.got.ok != 0;
        strangers += !dequeue(successor, PATIENCE_MS).ok;
        CloseHandle(successor);
    }
    observe("C6", "waiters abandoned", abandoned, 20);
    observe("C6", "packets of another port taken", strangers, 0);
}

OBSERVE({ "all_waiters_wake", all_waiters_wake }, { "duplicates_keep_it_open", duplicates_keep_it_open },
        { "queued_packets_are_dropped", queued_packets_are_dropped }, { "files_go_on", files_go_on },
        { "calls_after_close", calls_after_close }, { "handle_values_are_reused", handle_values_are_reused })
