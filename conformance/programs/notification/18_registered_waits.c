/* Section 18, fourth part: RegisterWaitForSingleObject (TP4). */
#include "../../support/fixtures.h"

static volatile LONG calls, timed_out, running, gate;

static void CALLBACK count_calls(PVOID context, BOOLEAN timer_fired)
{
    (void)context;
    if (timer_fired)
        InterlockedIncrement(&timed_out);
    InterlockedIncrement(&calls);
}

static void CALLBACK stay_inside(PVOID context, BOOLEAN timer_fired)
{
    (void)context, (void)timer_fired;
    InterlockedIncrement(&running);
    while (peek(&gate) == 0)
        Sleep(5);
    InterlockedIncrement(&calls);
}

static void once(void)
{
    HANDLE event = new_event(TRUE, FALSE), wait = NULL;

    calls = timed_out = 0;
    observe("TP4", "registered once", RegisterWaitForSingleObject(&wait, event, count_calls, NULL, INFINITE,
                                                                  WT_EXECUTEONLYONCE) != 0, 1);
    Sleep(QUIET_MS);
    observe("TP4", "once: calls before the signal", calls, 0);
    SetEvent(event);
    observe("TP4", "once: called", becomes(&calls, 1), 1);
    Sleep(QUIET_MS);
    observe("TP4", "once: calls while the event stays set", calls, 1);
    observe("TP4", "once: by the object", timed_out, 0);
    observe("TP4", "once: unregistered", UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) != 0, 1);
    CloseHandle(event);
}

static void repeatedly(void)
{
    HANDLE event = new_event(FALSE, FALSE), wait = NULL;
    int i;

    calls = timed_out = 0;
    require(RegisterWaitForSingleObject(&wait, event, count_calls, NULL, INFINITE, WT_EXECUTEDEFAULT));
    for (i = 1; i <= 3; i++) {
        char what[48];
        SetEvent(event);
        snprintf(what, sizeof what, "repeated: call %d", i);
        observe("TP4", what, becomes(&calls, i), 1);
        snprintf(what, sizeof what, "repeated: event consumed by call %d", i);
        observe("TP4", what, is_signaled(event), 0);
    }
    observe("TP4", "repeated: unregistered", UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) != 0, 1);
    SetEvent(event);
    Sleep(QUIET_MS);
    observe("TP4", "repeated: calls after unregistering", calls, 3);
    CloseHandle(event);
}

static void by_timeout(void)
{
    HANDLE event = new_event(TRUE, FALSE), wait = NULL;

    calls = timed_out = 0;
    require(RegisterWaitForSingleObject(&wait, event, count_calls, NULL, 30, WT_EXECUTEDEFAULT));
    observe("TP4", "timeout: called again and again", reaches(&calls, 2), 1);
    observe("TP4", "timeout: by the timer", timed_out >= 2, 1);
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
    calls = timed_out = 0;
    require(RegisterWaitForSingleObject(&wait, event, count_calls, NULL, 30, WT_EXECUTEONLYONCE));
    observe("TP4", "timeout once: called", becomes(&calls, 1), 1);
    Sleep(QUIET_MS);
    observe("TP4", "timeout once: calls in the end", calls, 1);
    observe("TP4", "timeout once: by the timer", timed_out, 1);
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
    CloseHandle(event);
}

struct unregistering {
    HANDLE wait;
    volatile LONG done;
};

static DWORD WINAPI unregister_and_wait(LPVOID argument)
{
    struct unregistering *unregistering = (struct unregistering *)argument;
    UnregisterWaitEx(unregistering->wait, INVALID_HANDLE_VALUE);
    InterlockedExchange(&unregistering->done, 1);
    return 0;
}

static void unregistered_while_running(void)
{
    HANDLE event = new_event(TRUE, TRUE), thread, completed = new_event(TRUE, FALSE);
    struct unregistering unregistering = { NULL, 0 };
    HANDLE wait = NULL;

    calls = running = gate = 0;
    require(RegisterWaitForSingleObject(&unregistering.wait, event, stay_inside, NULL, INFINITE, WT_EXECUTEONLYONCE));
    require(becomes(&running, 1));
    thread = start_thread(unregister_and_wait, &unregistering);
    Sleep(QUIET_MS);
    observe("TP4", "UnregisterWaitEx(INVALID) returned while the callback runs", peek(&unregistering.done), 0);
    InterlockedExchange(&gate, 1);
    observe("TP4", "it returned when the callback ended", becomes(&unregistering.done, 1), 1);
    observe("TP4", "the callback had ended", calls, 1);
    join_thread(thread);

    calls = running = gate = 0;
    require(RegisterWaitForSingleObject(&wait, event, stay_inside, NULL, INFINITE, WT_EXECUTEONLYONCE));
    require(becomes(&running, 1));
    observe("TP4", "UnregisterWait while the callback runs", UnregisterWait(wait) ? 0 : GetLastError(),
            ERROR_IO_PENDING);
    InterlockedExchange(&gate, 1);
    observe("TP4", "the callback ends", becomes(&calls, 1), 1);

    calls = running = gate = 0;
    require(RegisterWaitForSingleObject(&wait, event, stay_inside, NULL, INFINITE, WT_EXECUTEONLYONCE));
    require(becomes(&running, 1));
    UnregisterWaitEx(wait, completed);
    observe("TP4", "event of UnregisterWaitEx while the callback runs", is_signaled(completed), 0);
    InterlockedExchange(&gate, 1);
    observe("TP4", "event of UnregisterWaitEx afterwards", signaled_in_time(completed), 1);
    CloseHandle(event);
    CloseHandle(completed);
}

OBSERVE({ "once", once }, { "repeatedly", repeatedly }, { "by_timeout", by_timeout },
        { "unregistered_while_running", unregistered_while_running })
