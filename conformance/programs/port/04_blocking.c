/*
 * Section 4, third part: whatever way a running thread blocks, another is released (Q8, Q9). One row for each
 * way. A port of concurrency 1; A takes a packet and blocks; a packet for B is already queued; B must get it
 * while A still blocks. Then A is freed.
 */
#include "../../support/fixtures.h"

struct scene {
    HANDLE port;
    HANDLE event, mutex, semaphore, thread;
    CRITICAL_SECTION section;
    SRWLOCK lock;
    CONDITION_VARIABLE condition;
    struct tcp_pair pair;
    volatile LONG word, a_inside, a_out, b_handled;
    void (*block)(struct scene *);
};

static void by_sleep(struct scene *scene)
{
    int i;
    for (i = 0; i < 200 && peek(&scene->word) == 0; i++)
        Sleep(30);
}

static void by_sleep_ex(struct scene *scene)
{
    int i;
    for (i = 0; i < 200 && peek(&scene->word) == 0; i++)
        SleepEx(30, TRUE);
}

static void by_event(struct scene *scene)
{
    WaitForSingleObject(scene->event, INFINITE);
}

static void by_many_objects(struct scene *scene)
{
    HANDLE both[2] = { scene->mutex, scene->event };
    WaitForMultipleObjects(2, both, TRUE, INFINITE);
    ReleaseMutex(scene->mutex);
}

static void by_semaphore(struct scene *scene)
{
    WaitForSingleObject(scene->semaphore, INFINITE);
}

static void by_mutex(struct scene *scene)
{
    WaitForSingleObject(scene->mutex, INFINITE);
    ReleaseMutex(scene->mutex);
}

static void by_join(struct scene *scene)
{
    WaitForSingleObject(scene->thread, INFINITE);
}

static void by_critical_section(struct scene *scene)
{
    EnterCriticalSection(&scene->section);
    LeaveCriticalSection(&scene->section);
}

static void by_srw_lock(struct scene *scene)
{
    AcquireSRWLockShared(&scene->lock);
    ReleaseSRWLockShared(&scene->lock);
}

static void by_condition_variable(struct scene *scene)
{
    SRWLOCK own = SRWLOCK_INIT;
    AcquireSRWLockExclusive(&own);
    while (peek(&scene->word) == 0)
        SleepConditionVariableSRW(&scene->condition, &own, 500, 0);
    ReleaseSRWLockExclusive(&own);
}

static void by_recv(struct scene *scene)
{
    char byte;
    recv(scene->pair.here, &byte, 1, 0);
}

static void by_select(struct scene *scene)
{
    readable_in_time(scene->pair.here);
}

static void by_overlapped_result(struct scene *scene)
{
    OVERLAPPED ov = overlapped_with(tagged(new_event(TRUE, FALSE), 1));
    DWORD bytes;
    char byte;
    receive(scene->pair.here, &byte, 1, &ov);
    GetOverlappedResult((HANDLE)scene->pair.here, &ov, &bytes, TRUE);
    CloseHandle((HANDLE)((ULONG_PTR)ov.hEvent & ~(ULONG_PTR)1));
}

static DWORD WINAPI run_until_event(LPVOID event)
{
    return WaitForSingleObject((HANDLE)event, INFINITE);
}

static DWORD WINAPI a_blocks(LPVOID argument)
{
    struct scene *scene = (struct scene *)argument;
    require(dequeue(scene->port, PATIENCE_MS).ok);
    InterlockedExchange(&scene->a_inside, 1);
    while (peek(&scene->a_inside) != 2)
        ;
    scene->block(scene);
    InterlockedExchange(&scene->a_out, 1);
    return 0;
}

static DWORD WINAPI b_handles(LPVOID argument)
{
    struct scene *scene = (struct scene *)argument;
    if (dequeue(scene->port, 2 * PATIENCE_MS).ok)
        InterlockedExchange(&scene->b_handled, 1);
    return 0;
}

static void play(const char *rule, const char *way, void (*block)(struct scene *))
{
    struct scene scene;
    HANDLE a, b;
    char what[96];

    memset(&scene, 0, sizeof scene);
    scene.port = new_port(1);
    scene.event = new_event(TRUE, FALSE);
    scene.mutex = CreateMutexW(NULL, TRUE, NULL);
    scene.semaphore = CreateSemaphoreW(NULL, 0, 1, NULL);
    scene.thread = start_thread(run_until_event, scene.event);
    InitializeCriticalSection(&scene.section);
    EnterCriticalSection(&scene.section);
    InitializeSRWLock(&scene.lock);
    AcquireSRWLockExclusive(&scene.lock);
    InitializeConditionVariable(&scene.condition);
    scene.pair = connected_pair();
    scene.block = block;

    a = start_thread(a_blocks, &scene);
    PostQueuedCompletionStatus(scene.port, 0, 1, NULL);
    require(becomes(&scene.a_inside, 1));
    b = start_thread(b_handles, &scene);
    Sleep(60);
    PostQueuedCompletionStatus(scene.port, 0, 2, NULL);
    InterlockedExchange(&scene.a_inside, 2);

    snprintf(what, sizeof what, "another runs while one blocks by %s", way);
    observe(rule, what, becomes(&scene.b_handled, 1), 1);
    snprintf(what, sizeof what, "the one still blocks by %s", way);
    observe(rule, what, peek(&scene.a_out), 0);

    /* Whatever A waits for. */
    InterlockedExchange(&scene.word, 1);
    SetEvent(scene.event);
    ReleaseMutex(scene.mutex);
    ReleaseSemaphore(scene.semaphore, 1, NULL);
    LeaveCriticalSection(&scene.section);
    ReleaseSRWLockExclusive(&scene.lock);
    WakeAllConditionVariable(&scene.condition);
    send_text(scene.pair.peer, "x");

    join_thread(a);
    join_thread(b);
    join_thread(scene.thread);
    CloseHandle(scene.event);
    CloseHandle(scene.mutex);
    CloseHandle(scene.semaphore);
    DeleteCriticalSection(&scene.section);
    CloseHandle(scene.port);
    close_pair(scene.pair);
}

static void waits(void)
{
    play("Q8", "WaitForSingleObject(event)", by_event);
    play("Q8", "WaitForSingleObject(mutex)", by_mutex);
    play("Q8", "WaitForSingleObject(semaphore)", by_semaphore);
    play("Q8", "WaitForSingleObject(thread)", by_join);
    play("Q8", "WaitForMultipleObjects", by_many_objects);
}

static void other_calls_of_the_system(void)
{
    play("Q9", "Sleep", by_sleep);
    play("Q9", "SleepEx", by_sleep_ex);
    play("Q9", "EnterCriticalSection", by_critical_section);
    play("Q9", "AcquireSRWLockShared", by_srw_lock);
    play("Q9", "SleepConditionVariableSRW", by_condition_variable);
    play("Q9", "recv", by_recv);
    play("Q9", "select", by_select);
    play("Q9", "GetOverlappedResult", by_overlapped_result);
}

/* A way the library cannot see: on Linux a call to the C library, which only a watchdog notices. */
#ifdef __linux__
#include <time.h>
static void nap(int ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&time, NULL);
}
#else
#define nap(ms) Sleep(ms)
#endif

static void by_foreign_call(struct scene *scene)
{
    int i;
    for (i = 0; i < 200 && peek(&scene->word) == 0; i++)
        nap(500);
}

static void foreign_blocking(void)
{
    play("Q9", "a call that is not ours", by_foreign_call);
}

OBSERVE({ "waits", waits }, { "other_calls_of_the_system", other_calls_of_the_system },
        { "foreign_blocking", foreign_blocking })
