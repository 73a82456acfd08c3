/*
 * Section 4, second part: how many threads run (Q4 to Q12). Handlers compute by spinning;
 * what they wait for is told by flags, so no observation depends on how fast a machine is,
 * only on who was let in and who was not.
 */
#include "../../support/fixtures.h"

/* A worker: takes packets until told to stop; each handler spins until its gate opens. */
struct crew {
    HANDLE port;
    volatile LONG inside, most, handled;
    volatile LONG gate;
};

static void enter(struct crew *crew)
{
    LONG now = InterlockedIncrement(&crew->inside), most = peek(&crew->most);
    while (now > most) {
        LONG seen = InterlockedCompareExchange(&crew->most, now, most);
        if (seen == most)
            break;
        most = seen;
    }
}

static void leave(struct crew *crew)
{
    InterlockedDecrement(&crew->inside);
    InterlockedIncrement(&crew->handled);
}

#define STOP 1000

static DWORD WINAPI spinning_worker(LPVOID argument)
{
    struct crew *crew = (struct crew *)argument;
    for (;;) {
        struct dequeued got = dequeue(crew->port, 2 * PATIENCE_MS);
        if (!got.ok || got.key == STOP)
            return 0;
        enter(crew);
        if (got.key != 0)
            spin_for((DWORD)got.key);
        else
            spin_until(&crew->gate, 1);
        leave(crew);
    }
}

/* One call of GetQueuedCompletionStatusEx takes all it finds and still is one running thread (X4). */
static DWORD WINAPI spinning_batch_worker(LPVOID argument)
{
    struct crew *crew = (struct crew *)argument;
    for (;;) {
        OVERLAPPED_ENTRY entries[4];
        ULONG removed = 0, i, stops = 0;
        if (!GetQueuedCompletionStatusEx(crew->port, entries, 4, &removed, 2 * PATIENCE_MS, FALSE))
            return 0;
        enter(crew);
        for (i = 0; i < removed; i++)
            if (entries[i].lpCompletionKey == STOP) {
                stops++;
            } else {
                spin_for((DWORD)entries[i].lpCompletionKey);
                InterlockedIncrement(&crew->handled);
            }
        InterlockedDecrement(&crew->inside);
        for (i = 1; i < stops; i++)
            PostQueuedCompletionStatus(crew->port, 0, STOP, NULL);
        if (stops > 0)
            return 0;
    }
}

static void start_crew(struct crew *crew, HANDLE *threads, int count, DWORD(WINAPI *body)(LPVOID), DWORD concurrency)
{
    int i;
    memset(crew, 0, sizeof *crew);
    crew->port = new_port(concurrency);
    for (i = 0; i < count; i++)
        threads[i] = start_thread(body, crew);
    Sleep(QUIET_MS);
}

static void dismiss_crew(struct crew *crew, HANDLE *threads, int count)
{
    int i;
    for (i = 0; i < count; i++)
        PostQueuedCompletionStatus(crew->port, 0, STOP, NULL);
    for (i = 0; i < count; i++)
        join_thread(threads[i]);
    CloseHandle(crew->port);
}

static void handlers_take_turns(void)
{
    struct crew crew;
    HANDLE threads[3], unrelated = (HANDLE)new_socket(SOCK_STREAM);
    int i;

    start_crew(&crew, threads, 3, spinning_worker, 1);
    for (i = 0; i < 3; i++)
        PostQueuedCompletionStatus(crew.port, 0, 100, NULL);
    observe("Q6", "three handlers ran", becomes(&crew.handled, 3), 1);
    observe("Q6", "never two at once, concurrency 1", peek(&crew.most) == 1, 1);

    /* The value is the creation's; a later association cannot raise it. */
    require(CreateIoCompletionPort(unrelated, crew.port, 0, 3) == crew.port);
    for (i = 0; i < 3; i++)
        PostQueuedCompletionStatus(crew.port, 0, 100, NULL);
    observe("Q5", "three more handlers ran", becomes(&crew.handled, 6), 1);
    observe("Q5", "never two at once after associating with 3", peek(&crew.most) == 1, 1);
    dismiss_crew(&crew, threads, 3);
    closesocket((SOCKET)unrelated);

    start_crew(&crew, threads, 3, spinning_batch_worker, 1);
    for (i = 0; i < 6; i++)
        PostQueuedCompletionStatus(crew.port, 0, 50, NULL);
    observe("X4", "six entries handled", becomes(&crew.handled, 6), 1);
    observe("X4", "never two at once with batches, concurrency 1", peek(&crew.most) == 1, 1);
    dismiss_crew(&crew, threads, 3);
}

static void zero_means_processors(void)
{
    SYSTEM_INFO system;
    struct crew crew;
    HANDLE threads[66];
    int count, i;

    GetSystemInfo(&system);
    count = (int)system.dwNumberOfProcessors + 2;
    require(count <= 66);
    start_crew(&crew, threads, count, spinning_worker, 0);
    for (i = 0; i < count; i++)
        PostQueuedCompletionStatus(crew.port, 0, 0, NULL);
    observe("Q5", "as many as processors run", reaches(&crew.inside, count - 2), 1);
    Sleep(3 * QUIET_MS);
    observe("Q5", "never more than processors", peek(&crew.most) <= count - 2, 1);
    InterlockedExchange(&crew.gate, 1);
    observe("Q5", "all ran in the end", becomes(&crew.handled, count), 1);
    dismiss_crew(&crew, threads, count);
}

static void burst_releases_no_more_than_the_cap(void)
{
    struct crew crew;
    HANDLE threads[4];
    int i;

    start_crew(&crew, threads, 4, spinning_worker, 2);
    for (i = 0; i < 4; i++)
        PostQueuedCompletionStatus(crew.port, 0, 0, NULL);
    observe("Q12", "two of four run", reaches(&crew.inside, 2), 1);
    Sleep(3 * QUIET_MS);
    observe("Q12", "never three at once, concurrency 2", peek(&crew.most) <= 2, 1);
    InterlockedExchange(&crew.gate, 1);
    observe("Q12", "all four ran in the end", becomes(&crew.handled, 4), 1);
    dismiss_crew(&crew, threads, 4);
}

/* ---- two threads on a port of concurrency 1: A runs, B waits ---- */

#define ROUNDS 5000

static void running_thread_is_favoured(void)
{
    struct crew crew;
    HANDLE threads[1];
    int i, taken = 0;

    start_crew(&crew, threads, 0, spinning_worker, 1);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    require(dequeue(crew.port, 0).ok);
    threads[0] = start_thread(spinning_worker, &crew);
    Sleep(QUIET_MS);
    for (i = 0; i < ROUNDS; i++) {
        PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
        taken += dequeue(crew.port, 0).ok;
    }
    observe("Q4", "the running thread got every packet back", taken == ROUNDS, 1);
    observe("Q4", "the older waiter got none", peek(&crew.handled) == 0, 1);
    dismiss_crew(&crew, threads, 1);
}

static DWORD WINAPI take_and_leave_for(LPVOID argument)
{
    struct crew *crew = (struct crew *)argument;
    HANDLE elsewhere = new_port(0);
    require(dequeue(crew->port, PATIENCE_MS).ok);
    enter(crew);
    spin_until(&crew->gate, 1);
    dequeue(elsewhere, 0);
    spin_until(&crew->gate, 2);
    leave(crew);
    CloseHandle(elsewhere);
    return 0;
}

static void another_port_ends_the_association(void)
{
    struct crew crew;
    HANDLE a, b[1];

    start_crew(&crew, b, 0, spinning_worker, 1);
    a = start_thread(take_and_leave_for, &crew);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    require(becomes(&crew.inside, 1));
    b[0] = start_thread(spinning_worker, &crew);
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    Sleep(2 * QUIET_MS);
    observe("Q7", "waiter let in while the first computes", peek(&crew.handled), 0);
    InterlockedExchange(&crew.gate, 1);
    observe("Q7", "waiter let in when the first goes to another port", becomes(&crew.handled, 1), 1);
    InterlockedExchange(&crew.gate, 2);
    join_thread(a);
    dismiss_crew(&crew, b, 1);
}

static HANDLE parked;

static DWORD WINAPI take_and_wait(LPVOID argument)
{
    struct crew *crew = (struct crew *)argument;
    require(dequeue(crew->port, PATIENCE_MS).ok);
    enter(crew);
    WaitForSingleObject(parked, INFINITE);
    InterlockedIncrement(&crew->handled);
    spin_until(&crew->gate, 1);
    InterlockedDecrement(&crew->inside);
    /* Either of the two may be the one that comes back for the third packet. */
    if (dequeue(crew->port, 0).ok)
        InterlockedIncrement(&crew->handled);
    return 0;
}

static void blocking_releases_another(void)
{
    struct crew crew;
    HANDLE a, others[2];

    start_crew(&crew, others, 0, spinning_worker, 1);
    parked = new_event(TRUE, FALSE);
    a = start_thread(take_and_wait, &crew);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    require(becomes(&crew.inside, 1));
    others[0] = start_thread(spinning_worker, &crew);
    others[1] = start_thread(spinning_worker, &crew);
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus(crew.port, 0, 0, NULL);
    observe("Q8", "second handler runs while the first waits", reaches(&crew.inside, 2), 1);
    PostQueuedCompletionStatus(crew.port, 0, 0, NULL);
    SetEvent(parked);
    observe("Q8", "the first resumes above the limit", becomes(&crew.handled, 1), 1);
    Sleep(2 * QUIET_MS);
    observe("Q8", "third handler let in meanwhile", peek(&crew.most) > 2, 0);
    InterlockedExchange(&crew.gate, 1);
    observe("Q8", "the third ran in the end", becomes(&crew.handled, 3), 1);
    join_thread(a);
    dismiss_crew(&crew, others, 2);
    CloseHandle(parked);
}

static void a_poll_counts_as_running(void)
{
    struct crew crew;
    HANDLE b[1];

    start_crew(&crew, b, 1, spinning_worker, 1);
    observe_text("Q10", "main polls", in_words(dequeue(crew.port, 0), NULL), NOTHING);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    spin_for(2 * QUIET_MS);
    observe("Q10", "waiter let in while main computes after its poll", peek(&crew.handled), 0);
    observe("Q10", "waiter let in when main blocks", becomes(&crew.handled, 1), 1);
    dismiss_crew(&crew, b, 1);
}

static DWORD WINAPI take_and_exit(LPVOID argument)
{
    struct crew *crew = (struct crew *)argument;
    require(dequeue(crew->port, PATIENCE_MS).ok);
    enter(crew);
    spin_until(&crew->gate, 1);
    InterlockedDecrement(&crew->inside);
    return 0;
}

static void thread_exit_releases_another(void)
{
    struct crew crew;
    HANDLE a, b[1];

    start_crew(&crew, b, 0, spinning_worker, 1);
    a = start_thread(take_and_exit, &crew);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    require(becomes(&crew.inside, 1));
    b[0] = start_thread(spinning_worker, &crew);
    Sleep(QUIET_MS);
    PostQueuedCompletionStatus(crew.port, 0, 1, NULL);
    Sleep(2 * QUIET_MS);
    observe("Q11", "waiter let in while the first computes", peek(&crew.handled), 0);
    InterlockedExchange(&crew.gate, 1);
    observe("Q11", "waiter let in when the first has exited", becomes(&crew.handled, 1), 1);
    join_thread(a);
    dismiss_crew(&crew, b, 1);
}

OBSERVE({ "handlers_take_turns", handlers_take_turns }, { "zero_means_processors", zero_means_processors },
        { "burst_releases_no_more_than_the_cap", burst_releases_no_more_than_the_cap },
        { "running_thread_is_favoured", running_thread_is_favoured },
        { "another_port_ends_the_association", another_port_ends_the_association },
        { "blocking_releases_another", blocking_releases_another },
        { "a_poll_counts_as_running", a_poll_counts_as_running },
        { "thread_exit_releases_another", thread_exit_releases_another })
