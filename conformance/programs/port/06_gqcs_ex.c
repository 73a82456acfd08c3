/* Section 6: GetQueuedCompletionStatusEx: batches, and what a thread's association has to do with its APCs. */
#include "../../support/fixtures.h"

#define ROOM 64
static OVERLAPPED_ENTRY entries[ROOM];
static ULONG removed;
static LONG apcs_run;

static void CALLBACK count_apc(ULONG_PTR argument)
{
    (void)argument;
    apcs_run++;
}

/* One call in words: "TRUE 3" or "FALSE/258". */
static const char *take(HANDLE port, ULONG count, DWORD timeout_ms, BOOL alertable)
{
    static char text[32];
    memset(entries, 0xCC, sizeof entries);
    removed = PREFILL;
    SetLastError(PREFILL);
    if (GetQueuedCompletionStatusEx(port, entries, count, &removed, timeout_ms, alertable))
        snprintf(text, sizeof text, "TRUE %u", (unsigned)removed);
    else
        snprintf(text, sizeof text, "FALSE/%u", (unsigned)GetLastError());
    return text;
}

static void queue_apc(void)
{
    require(QueueUserAPC(count_apc, GetCurrentThread(), 0));
}

static void batches(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov[2] = { overlapped_at(0), overlapped_at(0) };
    char bytes[2];
    int i, in_order = 1;

    for (i = 0; i < 5; i++)
        require(PostQueuedCompletionStatus(port, 100 + i, i, (OVERLAPPED *)(ULONG_PTR)(i * 32)));
    observe_text("X1", "room for 3 of 5", take(port, 3, 0, FALSE), "TRUE 3");
    for (i = 0; i < 3; i++)
        in_order = in_order && entries[i].lpCompletionKey == (ULONG_PTR)i &&
                   entries[i].dwNumberOfBytesTransferred == (DWORD)(100 + i) &&
                   entries[i].lpOverlapped == (OVERLAPPED *)(ULONG_PTR)(i * 32) && (ULONG)entries[i].Internal == 0;
    observe("X1", "the three oldest, in order", in_order, 1);
    observe_text("X9", "large count, 2 left", take(port, ROOM, PATIENCE_MS, FALSE), "TRUE 2");
    observe("X9", "the two newest, in order", entries[0].lpCompletionKey == 3 && entries[1].lpCompletionKey == 4, 1);

    bind_socket(port, pair.here, 1);
    pend_receive(pair.here, &bytes[0], 1, &ov[0]);
    pend_receive(pair.here, &bytes[1], 1, &ov[1]);
    require(CancelIoEx((HANDLE)pair.here, NULL));
    Sleep(QUIET_MS);
    observe_text("X1", "two cancelled operations", take(port, ROOM, PATIENCE_MS, FALSE), "TRUE 2");
    observe_hex("X1", "status of the first entry", (ULONG)entries[0].Internal, CANCELLED);
    observe_hex("X1", "status of the second entry", (ULONG)entries[1].Internal, CANCELLED);
    observe("X1", "both OVERLAPPEDs are there",
            (entries[0].lpOverlapped == &ov[0] && entries[1].lpOverlapped == &ov[1]) ||
                (entries[0].lpOverlapped == &ov[1] && entries[1].lpOverlapped == &ov[0]), 1);
    observe_hex("X10", "first OVERLAPPED's status afterwards", status_of(&ov[0]), CANCELLED);
    observe_hex("X10", "second OVERLAPPED's status afterwards", status_of(&ov[1]), CANCELLED);
    CloseHandle(port);
    close_pair(pair);
}

static DWORD WINAPI post_a_little_later(LPVOID port)
{
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus((HANDLE)port, 0, 9, NULL);
    return 0;
}

static void waits_only_for_the_first(void)
{
    HANDLE port = new_port(0), thread = start_thread(post_a_little_later, port);
    observe_text("X1", "returns with the first packet", take(port, 8, PATIENCE_MS, FALSE), "TRUE 1");
    observe("X1", "key of that packet", (long long)entries[0].lpCompletionKey, 9);
    join_thread(thread);
    CloseHandle(port);
}

static void refusals(void)
{
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);

    require(PostQueuedCompletionStatus(port, 0, 1, NULL));
    observe_text("X2", "count 0", take(port, 0, 0, FALSE), "FALSE/87");
    observe("X2", "count 0: removed untouched", removed == PREFILL, 1);
    observe_text("X2", "the packet is still there", take(port, 1, 0, FALSE), "TRUE 1");
    observe_text("X3", "polled", take(port, 4, 0, FALSE), "FALSE/258");
    observe("X3", "polled: removed at most 1", removed <= 1, 1);
    observe_text("X3", "waited", take(port, 4, 20, FALSE), "FALSE/258");
    observe("X3", "waited: removed at most 1", removed <= 1, 1);
    observe_text("X8", "an event", take(event, 4, 0, FALSE), "FALSE/6");
    observe_text("X8", "NULL", take(NULL, 4, 0, FALSE), "FALSE/6");
    CloseHandle(event);
    CloseHandle(port);
}

static void apcs_and_an_empty_queue(void)
{
    HANDLE port = new_port(0);

    apcs_run = 0;
    queue_apc();
    observe_text("X5", "not alertable, APC pending", take(port, 4, 0, FALSE), "FALSE/258");
    observe_text("X5", "not alertable, APC pending, waited", take(port, 4, 20, FALSE), "FALSE/258");
    observe("X5", "APCs run", apcs_run, 0);
    observe_text("X6", "alertable, APC pending, timeout 0", take(port, 4, 0, TRUE), "FALSE/192");
    observe("X6", "APCs run", apcs_run, 1);
    queue_apc();
    queue_apc();
    observe_text("X6", "alertable, two APCs pending", take(port, 4, PATIENCE_MS, TRUE), "FALSE/192");
    observe("X6", "all of them run", apcs_run, 3);
    observe_text("X6", "alertable, no APC", take(port, 4, 0, TRUE), "FALSE/258");
    CloseHandle(port);
}

struct association {
    HANDLE port, other;
    char results[8][32];
    LONG apcs[8];
    DWORD sleep_result;
    LONG apcs_at_the_end;
};

static void note(struct association *seen, int step, const char *result)
{
    snprintf(seen->results[step], sizeof seen->results[step], "%s", result);
    seen->apcs[step] = apcs_run;
}

/* On a thread of its own: one that no port knows yet. */
static DWORD WINAPI associate_step_by_step(LPVOID argument)
{
    struct association *seen = (struct association *)argument;
    apcs_run = 0;
    queue_apc();
    require(PostQueuedCompletionStatus(seen->port, 0, 1, NULL));
    note(seen, 0, take(seen->port, 4, 0, TRUE));
    queue_apc();
    note(seen, 1, take(seen->port, 4, 0, TRUE));
    note(seen, 2, take(seen->port, 4, 0, TRUE));
    queue_apc();
    require(PostQueuedCompletionStatus(seen->port, 0, 2, NULL));
    note(seen, 3, take(seen->port, 4, 0, TRUE));
    seen->sleep_result = SleepEx(0, TRUE);
    seen->apcs_at_the_end = apcs_run;
    /* Associated with this port, a stranger to the other. */
    queue_apc();
    require(PostQueuedCompletionStatus(seen->other, 0, 3, NULL));
    note(seen, 4, take(seen->other, 4, 0, TRUE));
    note(seen, 5, take(seen->other, 4, 0, TRUE));
    return 0;
}

static void association_decides(void)
{
    struct association seen;
    memset(&seen, 0, sizeof seen);
    seen.port = new_port(0);
    seen.other = new_port(0);
    join_thread(start_thread(associate_step_by_step, &seen));
    observe_text("X7", "stranger, packet and APC", seen.results[0], "FALSE/192");
    observe("X7", "stranger, packet and APC: APCs run", seen.apcs[0], 1);
    observe_text("X7", "still a stranger, packet and new APC", seen.results[1], "FALSE/192");
    observe("X7", "still a stranger: APCs run", seen.apcs[1], 2);
    observe_text("X7", "packet alone", seen.results[2], "TRUE 1");
    observe_text("X7", "associated, packet and APC", seen.results[3], "TRUE 1");
    observe("X7", "associated: APC still pending", seen.apcs[3], 2);
    observe("X7", "alertable sleep", seen.sleep_result, WAIT_IO_COMPLETION);
    observe("X7", "it ran the APC", seen.apcs_at_the_end, 3);
    observe_text("X7", "associated elsewhere, packet and APC", seen.results[4], "FALSE/192");
    observe_text("X7", "associated elsewhere, packet alone", seen.results[5], "TRUE 1");
    CloseHandle(seen.port);
    CloseHandle(seen.other);
}

struct closed_under {
    HANDLE port;
    BOOL alertable, ok;
    DWORD error;
};

static DWORD WINAPI wait_for_close(LPVOID argument)
{
    struct closed_under *seen = (struct closed_under *)argument;
    OVERLAPPED_ENTRY entry;
    ULONG count;
    seen->ok = GetQueuedCompletionStatusEx(seen->port, &entry, 1, &count, SAT_OUT_MS, seen->alertable);
    seen->error = GetLastError();
    return 0;
}

static void closed_while_waiting(void)
{
    HANDLE port = new_port(0), threads[2];
    struct closed_under plain = { port, FALSE, TRUE, 0 }, alertable = { port, TRUE, TRUE, 0 };

    threads[0] = start_thread(wait_for_close, &plain);
    threads[1] = start_thread(wait_for_close, &alertable);
    Sleep(QUIET_MS);
    CloseHandle(port);
    join_thread(threads[0]);
    join_thread(threads[1]);
    observe("X8", "port closed under a wait", plain.ok ? 0 : plain.error, 735);
    observe("X8", "port closed under an alertable wait", alertable.ok ? 0 : alertable.error, 735);
    observe_text("X8", "the closed port", take(port, 1, 0, FALSE), "FALSE/6");
}

OBSERVE({ "batches", batches }, { "waits_only_for_the_first", waits_only_for_the_first }, { "refusals", refusals },
        { "apcs_and_an_empty_queue", apcs_and_an_empty_queue }, { "association_decides", association_decides },
        { "closed_while_waiting", closed_while_waiting })
