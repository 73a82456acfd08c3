/* Section 4, first part: order, wake-up order, waiting on the port itself, timeouts, length (Q1 to Q3, Q13 to Q16). */
#include "../../support/fixtures.h"

static void first_in_first_out(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED received = overlapped_at(0);
    int i, in_order = 1;
    char byte;

    for (i = 1; i <= 100; i++)
        require(PostQueuedCompletionStatus(port, i, i, NULL));
    for (i = 1; i <= 100; i++) {
        struct dequeued got = dequeue(port, 0);
        in_order = in_order && got.ok && got.key == (ULONG_PTR)i && got.bytes == (DWORD)i;
    }
    observe("Q1", "100 posted packets in order", in_order, 1);

    bind_socket(port, pair.here, 77);
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    require(PostQueuedCompletionStatus(port, 0, 1, NULL));
    require(receive(pair.here, &byte, 1, &received) == 0);
    require(PostQueuedCompletionStatus(port, 0, 2, NULL));
    observe_packet("Q1", "posted before the receive", port, NULL, "TRUE key 1 bytes 0 own");
    observe_packet("Q1", "the receive", port, &received, "TRUE key 77 bytes 1 own");
    observe_packet("Q1", "posted after the receive", port, NULL, "TRUE key 2 bytes 0 own");
    CloseHandle(port);
    close_pair(pair);
}

/* Completion order, not issue order: the socket asked second finishes first. */
static void completion_order_counts(void)
{
    struct tcp_pair first = connected_pair(), second = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov[2] = { overlapped_with(new_event(TRUE, FALSE)), overlapped_with(new_event(TRUE, FALSE)) };
    char bytes[2];

    bind_socket(port, first.here, 1);
    bind_socket(port, second.here, 2);
    pend_receive(first.here, &bytes[0], 1, &ov[0]);
    pend_receive(second.here, &bytes[1], 1, &ov[1]);
    send_text(second.peer, "x");
    observe("Q1", "second receive completed", signaled_in_time(ov[1].hEvent), 1);
    send_text(first.peer, "x");
    observe("Q1", "first receive completed", signaled_in_time(ov[0].hEvent), 1);
    observe_packet("Q1", "what completed first", port, &ov[1], "TRUE key 2 bytes 1 own");
    observe_packet("Q1", "what completed last", port, &ov[0], "TRUE key 1 bytes 1 own");
    CloseHandle(ov[0].hEvent);
    CloseHandle(ov[1].hEvent);
    CloseHandle(port);
    close_pair(first);
    close_pair(second);
}

struct waiter {
    HANDLE port;
    struct dequeued got;
    volatile LONG done;
};

static DWORD WINAPI wait_once(LPVOID argument)
{
    struct waiter *waiter = (struct waiter *)argument;
    waiter->got = dequeue(waiter->port, PATIENCE_MS);
    InterlockedExchange(&waiter->done, 1);
    return 0;
}

/* B blocks, then A blocks, then 3, 4 and 5 are posted: A, the newest, gets 3, B gets 4, 5 stays for main. */
static void last_in_first_released(void)
{
    HANDLE port = new_port(4), threads[2];
    struct waiter b = { port, { 0 }, 0 }, a = { port, { 0 }, 0 };

    threads[0] = start_thread(wait_once, &b);
    Sleep(QUIET_MS);
    threads[1] = start_thread(wait_once, &a);
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus(port, 0, 3, NULL);
    PostQueuedCompletionStatus(port, 0, 4, NULL);
    PostQueuedCompletionStatus(port, 0, 5, NULL);
    join_thread(threads[0]);
    join_thread(threads[1]);
    observe("Q2", "packet of the newest waiter", (long long)a.got.key, 3);
    observe("Q2", "packet of the older waiter", (long long)b.got.key, 4);
    observe_packet("Q2", "packet left for main", port, NULL, "TRUE key 5 bytes 0 own");
    CloseHandle(port);
}

/* The same over and over: of four waiters, woken one at a time, always the newest. */
static void newest_of_four(void)
{
    HANDLE port = new_port(4), threads[4];
    struct waiter waiters[4];
    int i, newest_first = 1;

    for (i = 0; i < 4; i++) {
        memset(&waiters[i], 0, sizeof waiters[i]);
        waiters[i].port = port;
        threads[i] = start_thread(wait_once, &waiters[i]);
        Sleep(60);
    }
    for (i = 3; i >= 0; i--) {
        PostQueuedCompletionStatus(port, 0, 10 + i, NULL);
        newest_first = newest_first && becomes(&waiters[i].done, 1);
        Sleep(20);
    }
    for (i = 0; i < 4; i++) {
        join_thread(threads[i]);
        newest_first = newest_first && waiters[i].got.key == (ULONG_PTR)(10 + i);
    }
    observe("Q2", "four waiters released newest first", newest_first, 1);
    CloseHandle(port);
}

static DWORD WINAPI wait_for_port(LPVOID port)
{
    return WaitForSingleObject((HANDLE)port, 2000);
}

static DWORD result_of(HANDLE thread)
{
    DWORD result = PREFILL;
    require(signaled_in_time(thread));
    GetExitCodeThread(thread, &result);
    CloseHandle(thread);
    return result;
}

static void port_is_waitable(void)
{
    HANDLE port = new_port(4), direct[2], thread;
    struct waiter waiter = { port, { 0 }, 0 };

    observe("Q13", "empty port", WaitForSingleObject(port, 0), WAIT_TIMEOUT);
    direct[0] = start_thread(wait_for_port, port);
    direct[1] = start_thread(wait_for_port, port);
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus(port, 0, 1, NULL);
    observe("Q13", "first direct waiter", result_of(direct[0]), WAIT_OBJECT_0);
    observe("Q13", "second direct waiter", result_of(direct[1]), WAIT_OBJECT_0);
    observe("Q13", "port with a packet", WaitForSingleObject(port, 0), WAIT_OBJECT_0);
    observe_packet("Q13", "the packet is still there", port, NULL, "TRUE key 1 bytes 0 own");
    observe("Q13", "port emptied", WaitForSingleObject(port, 0), WAIT_TIMEOUT);

    thread = start_thread(wait_once, &waiter);
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus(port, 0, 2, NULL);
    observe("Q13", "port after a hand-off", WaitForSingleObject(port, QUIET_MS), WAIT_TIMEOUT);
    join_thread(thread);
    observe("Q3", "the waiter has the packet", (long long)waiter.got.key, 2);
    observe("Q3", "nothing passed through the queue", WaitForSingleObject(port, 0), WAIT_TIMEOUT);
    CloseHandle(port);
}

static void port_among_other_objects(void)
{
    HANDLE port = new_port(4), event = new_event(FALSE, FALSE), both[2];

    both[0] = event;
    both[1] = port;
    observe("Q13", "event and port, neither", WaitForMultipleObjects(2, both, FALSE, 0), WAIT_TIMEOUT);
    PostQueuedCompletionStatus(port, 0, 1, NULL);
    observe("Q13", "event and port, a packet", WaitForMultipleObjects(2, both, FALSE, PATIENCE_MS), WAIT_OBJECT_0 + 1);
    observe("Q13", "both wanted, the event clear", WaitForMultipleObjects(2, both, TRUE, 20), WAIT_TIMEOUT);
    SetEvent(event);
    observe("Q13", "both wanted, both there", WaitForMultipleObjects(2, both, TRUE, PATIENCE_MS), WAIT_OBJECT_0);
    observe("Q13", "the event was consumed", is_signaled(event), 0);
    observe_packet("Q13", "the packet was not", port, NULL, "TRUE key 1 bytes 0 own");
    CloseHandle(event);
    CloseHandle(port);
}

/* An operation that completes makes the port waitable as a posted packet does. */
static void port_is_waitable_for_operations(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), direct;
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 3);
    pend_receive(pair.here, &byte, 1, &ov);
    observe("Q13", "port while a receive is pending", WaitForSingleObject(port, 0), WAIT_TIMEOUT);
    direct = start_thread(wait_for_port, port);
    Sleep(QUIET_MS);
    send_text(pair.peer, "x");
    observe("Q13", "direct waiter when the receive completes", result_of(direct), WAIT_OBJECT_0);
    observe_packet("Q13", "packet of the receive", port, &ov, "TRUE key 3 bytes 1 own");
    CloseHandle(port);
    close_pair(pair);
}

static void direct_waiters_at_close(void)
{
    HANDLE port = new_port(0), direct[2];
    DWORD results[2];

    direct[0] = start_thread(wait_for_port, port);
    direct[1] = start_thread(wait_for_port, port);
    Sleep(QUIET_MS);
    CloseHandle(port);
    results[0] = result_of(direct[0]);
    results[1] = result_of(direct[1]);
    observe("Q14", "first direct waiter released", results[0] == WAIT_OBJECT_0 || results[0] == WAIT_FAILED, 1);
    observe("Q14", "second direct waiter released", results[1] == WAIT_OBJECT_0 || results[1] == WAIT_FAILED, 1);
}

static void timeouts(void)
{
    HANDLE port = new_port(0), thread;
    struct waiter waiter = { port, { 0 }, 0 };
    DWORD start = GetTickCount(), elapsed;

    observe_text("Q15", "timeout 50", in_words(dequeue(port, 50), NULL), NOTHING);
    elapsed = GetTickCount() - start;
    observe("Q15", "timeout 50 took at least 35 ms", elapsed >= 35, 1);
    observe("Q15", "timeout 50 took less than 3 s", elapsed < 3000, 1);
    start = GetTickCount();
    observe_text("Q15", "timeout 0", in_words(dequeue(port, 0), NULL), NOTHING);
    observe("Q15", "timeout 0 did not wait", GetTickCount() - start < 1000, 1);

    thread = start_thread(wait_once, &waiter);
    Sleep(QUIET_MS);
    start = GetTickCount();
    PostQueuedCompletionStatus(port, 0, 8, NULL);
    join_thread(thread);
    observe("Q15", "a packet ends a long wait early", waiter.got.key == 8 && GetTickCount() - start < 3000, 1);
    CloseHandle(port);
}

static DWORD WINAPI wait_for_ever(LPVOID argument)
{
    struct waiter *waiter = (struct waiter *)argument;
    waiter->got = dequeue(waiter->port, INFINITE);
    InterlockedExchange(&waiter->done, 1);
    return 0;
}

static void infinite_wait(void)
{
    HANDLE port = new_port(0), thread;
    struct waiter waiter = { port, { 0 }, 0 };

    thread = start_thread(wait_for_ever, &waiter);
    Sleep(QUIET_MS);
    observe("Q15", "INFINITE still waits", peek(&waiter.done), 0);
    PostQueuedCompletionStatus(port, 0, 9, NULL);
    join_thread(thread);
    observe("Q15", "INFINITE ends with a packet", (long long)waiter.got.key, 9);
    CloseHandle(port);
}

/* Every packet is a round trip to another process under Wine: fewer there, the observation is the same. */
#ifdef __linux__
#define MANY 1000000
#else
#define MANY 20000
#endif

static void queue_without_bound(void)
{
    HANDLE port = new_port(0);
    int i, posted = 0, in_order = 1;

    for (i = 0; i < MANY; i++)
        posted += PostQueuedCompletionStatus(port, 0, i, NULL) != 0;
    observe("Q16", "posts refused", MANY - posted, 0);
    for (i = 0; i < MANY && in_order; i++) {
        struct dequeued got = dequeue(port, 0);
        in_order = got.ok && got.key == (ULONG_PTR)i;
    }
    observe("Q16", "all came back in order", in_order, 1);
    observe_text("Q16", "and no more", in_words(dequeue(port, 0), NULL), NOTHING);
    CloseHandle(port);
}

OBSERVE({ "first_in_first_out", first_in_first_out }, { "completion_order_counts", completion_order_counts },
        { "last_in_first_released", last_in_first_released }, { "newest_of_four", newest_of_four },
        { "port_is_waitable", port_is_waitable }, { "port_among_other_objects", port_among_other_objects },
        { "port_is_waitable_for_operations", port_is_waitable_for_operations },
        { "direct_waiters_at_close", direct_waiters_at_close }, { "timeouts", timeouts },
        { "infinite_wait", infinite_wait }, { "queue_without_bound", queue_without_bound })
