/* Section 18, first part: user APCs (AP1 to AP3). */
#include "../../support/fixtures.h"

static int order[16], ran;

static void CALLBACK note(ULONG_PTR number)
{
    order[ran++] = (int)number;
}

static void CALLBACK note_and_queue(ULONG_PTR number)
{
    order[ran++] = (int)number;
    if (number < 3)
        QueueUserAPC(note_and_queue, GetCurrentThread(), number + 1);
}

static void queue(ULONG_PTR number)
{
    require(QueueUserAPC(note, GetCurrentThread(), number));
}

static void one_wait_runs_all(void)
{
    HANDLE event = new_event(TRUE, FALSE);

    ran = 0;
    queue(1);
    queue(2);
    queue(3);
    Sleep(20);
    observe("AP1", "run by Sleep", ran, 0);
    WaitForSingleObject(event, 20);
    observe("AP1", "run by WaitForSingleObject", ran, 0);
    observe("AP1", "SleepEx", SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION);
    observe("AP1", "run by SleepEx", ran, 3);
    observe("AP1", "first in, first out", order[0] == 1 && order[1] == 2 && order[2] == 3, 1);
    ran = 0;
    require(QueueUserAPC(note_and_queue, GetCurrentThread(), 1));
    observe("AP1", "SleepEx, APCs that queue APCs", SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    observe("AP1", "all of them run by one wait", ran, 3);
    observe("AP1", "nothing left", SleepEx(0, TRUE), 0);
    CloseHandle(event);
}

/* Every alertable wait there is. The object it waits for is clear; the wait must end by the APC. */
static void alertable_waits(void)
{
    HANDLE event = new_event(TRUE, FALSE), other = new_event(TRUE, FALSE), both[2];
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_with(event);
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    DWORD bytes;

    both[0] = event;
    both[1] = other;
    ran = 0;
    queue(1);
    observe("AP1", "WaitForSingleObjectEx", WaitForSingleObjectEx(event, PATIENCE_MS, TRUE), WAIT_IO_COMPLETION);
    queue(2);
    observe("AP1", "WaitForMultipleObjectsEx, any", WaitForMultipleObjectsEx(2, both, FALSE, PATIENCE_MS, TRUE),
            WAIT_IO_COMPLETION);
    queue(3);
    observe("AP1", "WaitForMultipleObjectsEx, all", WaitForMultipleObjectsEx(2, both, TRUE, PATIENCE_MS, TRUE),
            WAIT_IO_COMPLETION);
    queue(4);
    observe("AP1", "SignalObjectAndWait", SignalObjectAndWait(other, event, PATIENCE_MS, TRUE), WAIT_IO_COMPLETION);
    queue(5);
    observe("AP1", "GetQueuedCompletionStatusEx",
            GetQueuedCompletionStatusEx(port, &entry, 1, &removed, PATIENCE_MS, TRUE) ? 0 : GetLastError(),
            WAIT_IO_COMPLETION);
    queue(6);
    ov.Internal = PENDING;
    observe("AP1", "GetOverlappedResultEx", GetOverlappedResultEx(NULL, &ov, &bytes, PATIENCE_MS, TRUE)
                                                ? 0 : GetLastError(), WAIT_IO_COMPLETION);
    observe("AP1", "APCs run", ran, 6);
    CloseHandle(event);
    CloseHandle(other);
    CloseHandle(port);
}

static void apc_beats_the_object(void)
{
    HANDLE event = new_event(FALSE, TRUE), manual = new_event(TRUE, TRUE), both[2];

    both[0] = event;
    both[1] = manual;
    ran = 0;
    queue(1);
    observe("AP2", "signaled auto-reset event and APC", WaitForSingleObjectEx(event, 0, TRUE), WAIT_IO_COMPLETION);
    observe("AP2", "APCs run", ran, 1);
    observe("AP2", "the event is untouched", WaitForSingleObjectEx(event, 0, TRUE), WAIT_OBJECT_0);
    SetEvent(event);
    queue(2);
    observe("AP2", "two signaled events and APC", WaitForMultipleObjectsEx(2, both, FALSE, PATIENCE_MS, TRUE),
            WAIT_IO_COMPLETION);
    observe("AP2", "both are untouched", is_signaled(event) && is_signaled(manual), 1);
    SleepEx(0, TRUE);
    CloseHandle(event);
    CloseHandle(manual);
}

static void polling(void)
{
    ran = 0;
    queue(1);
    observe("AP3", "SleepEx(0) with an APC", SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    observe("AP3", "it ran", ran, 1);
    observe("AP3", "SleepEx(0) without", SleepEx(0, TRUE), 0);
    observe("AP3", "SleepEx(0), not alertable", SleepEx(0, FALSE), 0);
}

static volatile LONG body_ran_after;

static DWORD WINAPI note_the_start(LPVOID unused)
{
    (void)unused;
    InterlockedExchange(&body_ran_after, ran);
    return 0;
}

static DWORD WINAPI end_at_once(LPVOID unused)
{
    (void)unused;
    return 0;
}

static volatile LONG sleeper_ready;
static DWORD sleeper_result;

static DWORD WINAPI sleep_alertably(LPVOID unused)
{
    (void)unused;
    InterlockedExchange(&sleeper_ready, 1);
    sleeper_result = SleepEx(PATIENCE_MS, TRUE);
    return 0;
}

static void other_threads(void)
{
    HANDLE thread, event = new_event(TRUE, FALSE);

    ran = 0;
    thread = CreateThread(NULL, 0, note_the_start, NULL, CREATE_SUSPENDED, NULL);
    require(thread != NULL && QueueUserAPC(note, thread, 1) && QueueUserAPC(note, thread, 2));
    ResumeThread(thread);
    join_thread(thread);
    observe("AP3", "APCs run before the start routine", body_ran_after, 2);

    thread = start_thread(sleep_alertably, NULL);
    require(becomes(&sleeper_ready, 1));
    Sleep(QUIET_MS);
    ran = 0;
    observe("AP1", "queued to a sleeping thread", QueueUserAPC(note, thread, 1) != 0, 1);
    join_thread(thread);
    observe("AP1", "its sleep ended", sleeper_result, WAIT_IO_COMPLETION);
    observe("AP1", "its APC ran", ran, 1);

    thread = start_thread(end_at_once, NULL);
    require(signaled_in_time(thread));
    observe("AP3", "ended thread", QueueUserAPC(note, thread, 1) ? 0 : GetLastError(), ERROR_GEN_FAILURE);
    CloseHandle(thread);
    observe("AP3", "NULL", QueueUserAPC(note, NULL, 1) ? 0 : GetLastError(), 6);
    observe("AP3", "an event", QueueUserAPC(note, event, 1) ? 0 : GetLastError(), 6);
    CloseHandle(event);
}

OBSERVE({ "one_wait_runs_all", one_wait_runs_all }, { "alertable_waits", alertable_waits },
        { "apc_beats_the_object", apc_beats_the_object }, { "polling", polling }, { "other_threads", other_threads })
