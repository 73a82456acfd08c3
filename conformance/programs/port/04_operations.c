/*
 * Section 4, fourth part: the promises of the queue for packets of operations, which come from elsewhere than
 * posted ones: from whoever notices that a socket became ready. (Q2, Q4, Q6, Q8, Q9, and by the Ex call.)
 */
#include "../../support/fixtures.h"

#define PAIRS 4

/* Connected sockets on one port, each with a receive pending; the key is the number of the pair. */
struct stage {
    HANDLE port;
    struct tcp_pair pairs[PAIRS];
    OVERLAPPED ov[PAIRS];
    char bytes[PAIRS];
    volatile LONG inside, most, handled, gate, blocked;
    void (*in_handler)(struct stage *);
    int batches;
};

static void set_stage(struct stage *stage, DWORD concurrency)
{
    int i;
    memset(stage, 0, sizeof *stage);
    stage->port = new_port(concurrency);
    for (i = 0; i < PAIRS; i++) {
        stage->pairs[i] = connected_pair();
        bind_socket(stage->port, stage->pairs[i].here, i);
        pend_receive(stage->pairs[i].here, &stage->bytes[i], 1, &stage->ov[i]);
    }
}

static void clear_stage(struct stage *stage)
{
    int i;
    CloseHandle(stage->port);
    for (i = 0; i < PAIRS; i++)
        close_pair(stage->pairs[i]);
    Sleep(20);
}

#define STOP 1000

static int take(struct stage *stage, ULONG_PTR *key)
{
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    struct dequeued got;

    if (stage->batches) {
        if (!GetQueuedCompletionStatusEx(stage->port, &entry, 1, &removed, 2 * PATIENCE_MS, FALSE))
            return 0;
        *key = entry.lpCompletionKey;
        return 1;
    }
    got = dequeue(stage->port, 2 * PATIENCE_MS);
    *key = got.key;
    return got.ok;
}

static DWORD WINAPI work(LPVOID argument)
{
    struct stage *stage = (struct stage *)argument;
    ULONG_PTR key;

    while (take(stage, &key) && key != STOP) {
        LONG now = InterlockedIncrement(&stage->inside);
        if (now > peek(&stage->most))
            InterlockedExchange(&stage->most, now);
        stage->in_handler(stage);
        InterlockedDecrement(&stage->inside);
        InterlockedIncrement(&stage->handled);
    }
    return 0;
}

static void start_workers(struct stage *stage, HANDLE *threads, int count)
{
    int i;
    for (i = 0; i < count; i++)
        threads[i] = start_thread(work, stage);
    Sleep(QUIET_MS);
}

static void dismiss_workers(struct stage *stage, HANDLE *threads, int count)
{
    int i;
    for (i = 0; i < count; i++)
        PostQueuedCompletionStatus(stage->port, 0, STOP, NULL);
    for (i = 0; i < count; i++)
        join_thread(threads[i]);
}

static void compute_a_while(struct stage *stage)
{
    (void)stage;
    spin_for(60);
}

static void compute_until_told(struct stage *stage)
{
    spin_until(&stage->gate, 1);
}

/* The first handler blocks until the gate opens; those after it do nothing. */
static void block_at_first(struct stage *stage)
{
    if (InterlockedIncrement(&stage->blocked) == 1)
        while (peek(&stage->gate) == 0)
            Sleep(20);
}

#ifdef __linux__
#include <time.h>
static void foreign_nap(void)
{
    struct timespec time = { 0, 20 * 1000000L };
    nanosleep(&time, NULL);
}
#else
#define foreign_nap() Sleep(20)
#endif

static void block_elsewhere_at_first(struct stage *stage)
{
    if (InterlockedIncrement(&stage->blocked) == 1)
        while (peek(&stage->gate) == 0)
            foreign_nap();
}

struct waiter {
    HANDLE port;
    ULONG_PTR key;
    volatile LONG done;
};

static DWORD WINAPI wait_once(LPVOID argument)
{
    struct waiter *waiter = (struct waiter *)argument;
    waiter->key = dequeue(waiter->port, PATIENCE_MS).key;
    InterlockedExchange(&waiter->done, 1);
    return 0;
}

/* Whoever watched the sockets while all slept: the receive is the newest waiter's. */
static void newest_first(void)
{
    struct stage stage;
    struct waiter waiters[3];
    HANDLE threads[3];
    int i, newest = 1;

    set_stage(&stage, 4);
    for (i = 0; i < 3; i++) {
        memset(&waiters[i], 0, sizeof waiters[i]);
        waiters[i].port = stage.port;
        threads[i] = start_thread(wait_once, &waiters[i]);
        Sleep(60);
    }
    for (i = 2; i >= 0; i--) {
        send_text(stage.pairs[i].peer, "x");
        newest = newest && becomes(&waiters[i].done, 1) && waiters[i].key == (ULONG_PTR)i;
        Sleep(20);
    }
    for (i = 0; i < 3; i++)
        join_thread(threads[i]);
    observe("Q2", "three receives went to the newest waiter each", newest, 1);
    clear_stage(&stage);
}

static void concurrency_holds(int batches)
{
    struct stage stage;
    HANDLE threads[3];
    int i;

    set_stage(&stage, 1);
    stage.in_handler = compute_a_while;
    stage.batches = batches;
    start_workers(&stage, threads, 3);
    for (i = 0; i < PAIRS; i++)
        send_text(stage.pairs[i].peer, "x");
    observe(batches ? "X4" : "Q6", "receives of four sockets handled", becomes(&stage.handled, PAIRS), 1);
    observe(batches ? "X4" : "Q6", "never two receives at once, concurrency 1", peek(&stage.most) == 1, 1);
    dismiss_workers(&stage, threads, 3);
    clear_stage(&stage);
}

static void one_at_a_time(void)
{
    concurrency_holds(0);
    concurrency_holds(1);
}

/* As many handlers as allowed compute side by side, even if nobody comes back to look for more. */
static void computing_handlers_do_not_hide_packets(void)
{
    struct stage stage;
    HANDLE threads[3];

    set_stage(&stage, 2);
    stage.in_handler = compute_until_told;
    start_workers(&stage, threads, 3);
    send_text(stage.pairs[0].peer, "x");
    observe("Q6", "first handler computes", reaches(&stage.inside, 1), 1);
    spin_for(QUIET_MS);
    send_text(stage.pairs[1].peer, "x");
    observe("Q6", "second handler computes beside it", reaches(&stage.inside, 2), 1);
    send_text(stage.pairs[2].peer, "x");
    Sleep(2 * QUIET_MS);
    observe("Q6", "never three at once, concurrency 2", peek(&stage.most) <= 2, 1);
    InterlockedExchange(&stage.gate, 1);
    observe("Q6", "the third in the end", becomes(&stage.handled, 3), 1);
    dismiss_workers(&stage, threads, 3);
    clear_stage(&stage);
}

static void blocked_handler(const char *rule, const char *how, void (*handler)(struct stage *), int batches)
{
    struct stage stage;
    HANDLE threads[2];
    char what[96];

    set_stage(&stage, 1);
    stage.in_handler = handler;
    stage.batches = batches;
    start_workers(&stage, threads, 2);
    send_text(stage.pairs[0].peer, "x");
    require(becomes(&stage.blocked, 1));
    Sleep(60);
    send_text(stage.pairs[1].peer, "x");
    send_text(stage.pairs[2].peer, "x");
    snprintf(what, sizeof what, "receives handled while one handler blocks%s", how);
    observe(rule, what, becomes(&stage.handled, 2), 1);
    snprintf(what, sizeof what, "that handler still blocks%s", how);
    observe(rule, what, peek(&stage.inside), 1);
    InterlockedExchange(&stage.gate, 1);
    snprintf(what, sizeof what, "it ends%s", how);
    observe(rule, what, becomes(&stage.handled, 3), 1);
    dismiss_workers(&stage, threads, 2);
    clear_stage(&stage);
}

static void blocked_handlers(void)
{
    blocked_handler("Q8", ", by Sleep", block_at_first, 0);
    blocked_handler("Q8", ", by Sleep, Ex call", block_at_first, 1);
    blocked_handler("Q9", ", by a call that is not ours", block_elsewhere_at_first, 0);
}

/* The thread that handles a connection is the one that gets its next receive, while an older one goes on waiting. */
static void running_thread_is_favoured(void)
{
    struct stage stage;
    HANDLE b[1];
    int i, mine = 0;

    set_stage(&stage, 1);
    stage.in_handler = compute_a_while;
    send_text(stage.pairs[0].peer, "x");
    require(dequeue(stage.port, PATIENCE_MS).ok);
    start_workers(&stage, b, 1);
    PostQueuedCompletionStatus(stage.port, 0, 1, NULL);
    /* Main has slept; from its next dequeue on it runs. */
    for (i = 0; i < 200 && peek(&stage.handled) == 0; i++)
        Sleep(5);
    stage.handled = 0;
    require(!dequeue(stage.port, 0).ok);
    for (i = 0; i < 500 && peek(&stage.handled) == 0; i++) {
        struct dequeued got;
        OVERLAPPED again = overlapped_at(0);
        DWORD start = GetTickCount();
        send_text(stage.pairs[0].peer, "x");
        receive(stage.pairs[0].here, &stage.bytes[0], 1, &again);
        do
            got = dequeue(stage.port, 0);
        while (!got.ok && peek(&stage.handled) == 0 && GetTickCount() - start < PATIENCE_MS);
        mine += got.ok && got.key == 0;
    }
    observe("Q4", "the running thread got every packet of its socket back", mine == 500, 1);
    observe("Q4", "the older waiter got none of them", peek(&stage.handled) == 0, 1);
    dismiss_workers(&stage, b, 1);
    clear_stage(&stage);
}

OBSERVE({ "newest_first", newest_first }, { "one_at_a_time", one_at_a_time },
        { "computing_handlers_do_not_hide_packets", computing_handlers_do_not_hide_packets },
        { "blocked_handlers", blocked_handlers }, { "running_thread_is_favoured", running_thread_is_favoured })
