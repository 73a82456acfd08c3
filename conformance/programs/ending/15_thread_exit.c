/*
 * Section 15, first part: what becomes of operations when the thread that issued them ends (TX1, TX2).
 * The rows are {bound or not} x {event or not} x {bit 0 or not} x {exit or termination}.
 */
#include "../../support/fixtures.h"

struct doomed {
    SOCKET s;
    OVERLAPPED *ov;
    char *byte;
    int waits_to_be_killed;
    volatile LONG issued;
};

static DWORD WINAPI issue_and_end(LPVOID argument)
{
    struct doomed *doomed = (struct doomed *)argument;
    pend_receive(doomed->s, doomed->byte, 1, doomed->ov);
    InterlockedExchange(&doomed->issued, 1);
    while (doomed->waits_to_be_killed)
        Sleep(20);
    ExitThread(0);
    return 0;
}

static void end_the_thread(struct doomed *doomed)
{
    HANDLE thread = start_thread(issue_and_end, doomed);
    require(becomes(&doomed->issued, 1));
    if (doomed->waits_to_be_killed)
        require(TerminateThread(thread, 0));
    join_thread(thread);
}

static void row(int bound, int with_event, int bit, int terminated)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);
    OVERLAPPED *ov = (OVERLAPPED *)calloc(1, sizeof *ov);
    char *byte = (char *)calloc(1, 1), row[64], what[96];
    struct doomed doomed = { pair.here, ov, byte, terminated, 0 };
    int exempt = bound && !with_event && !bit;
    int eligible = bound && !bit;

    snprintf(row, sizeof row, "%s%s%s%s", bound ? "bound" : "not bound", with_event ? ", event" : "",
             bit ? ", bit 0" : "", terminated ? ", terminated" : ", exited");
#define NAMED(text) (snprintf(what, sizeof what, "%s: %s", row, text), what)
    ov->hEvent = tagged(with_event ? event : NULL, bit);
    if (bound)
        bind_socket(port, pair.here, 1);
    end_the_thread(&doomed);
    if (with_event)
        observe("TX1", NAMED("event"), WaitForSingleObject(event, SAT_OUT_MS) == WAIT_OBJECT_0, 1);
    else
        Sleep(QUIET_MS);
    if (exempt) {
        observe_no_packet("TX1", NAMED("packet at the end of the thread"), port);
        observe("TX1", NAMED("still pending"), status_of(ov) == PENDING, 1);
        send_text(pair.peer, "x");
        observe_packet_soon("TX2", NAMED("packet when data comes"), port, ov, "TRUE key 1 bytes 1 own");
    } else if (eligible) {
        observe_packet_soon("TX1", NAMED("packet"), port, ov, "FALSE/995 key 1 bytes 0 own");
    } else {
        int tries;
        for (tries = 0; tries < 30 && status_of(ov) == PENDING; tries++)
            Sleep(50);
        observe_hex("TX1", NAMED("status"), status_of(ov), CANCELLED);
        observe_text("TX1", NAMED("packet"), in_words(dequeue(port, 0), ov), NOTHING);
    }
#undef NAMED
    /* The OVERLAPPED is given up: on a system that got a row wrong it may still be written. */
    CloseHandle(port);
    close_pair(pair);
    CloseHandle(event);
}

static void rows(int terminated)
{
    int i;
    /* Bit 0 needs an event to sit in: alone it would name a handle that does not exist. */
    for (i = 0; i < 6; i++)
        row(i & 1, i >> 1 != 0, i >> 1 == 2, terminated);
}

static void exit_rows(void)
{
    rows(0);
}

static void termination_rows(void)
{
    rows(1);
}

static void survivors(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), second = overlapped_at(0);
    char bytes[2];
    struct doomed doomed = { pair.here, &ov, &bytes[0], 0, 0 }, also = { pair.here, &second, &bytes[1], 0, 0 };

    bind_socket(port, pair.here, 2);
    end_the_thread(&doomed);
    observe("TX2", "cancelling the survivor", CancelIoEx((HANDLE)pair.here, &ov) != 0, 1);
    observe_packet("TX2", "packet of the cancelled survivor", port, &ov, "FALSE/995 key 2 bytes 0 own");
    end_the_thread(&also);
    send_text(pair.peer, "x");
    observe_packet("TX2", "packet of the survivor that completed", port, &second, "TRUE key 2 bytes 1 own");
    CloseHandle(port);
    close_pair(pair);
}

static LONG routines;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)error, (void)bytes, (void)ov, (void)flags;
    InterlockedIncrement(&routines);
}

static DWORD WINAPI issue_with_routine(LPVOID argument)
{
    struct doomed *doomed = (struct doomed *)argument;
    WSABUF one;
    DWORD flags = 0;
    one.buf = doomed->byte;
    one.len = 1;
    require(WSARecv(doomed->s, &one, 1, NULL, &flags, doomed->ov, routine) && WSAGetLastError() == WSA_IO_PENDING);
    InterlockedExchange(&doomed->issued, 1);
    return 0;
}

static void routine_of_an_ended_thread(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED *ov = (OVERLAPPED *)calloc(1, sizeof *ov);
    char *byte = (char *)calloc(1, 1);
    struct doomed doomed = { pair.here, ov, byte, 0, 0 };
    int tries;

    join_thread(start_thread(issue_with_routine, &doomed));
    for (tries = 0; tries < 30 && status_of(ov) == PENDING; tries++)
        Sleep(50);
    observe_hex("AP5", "status after the thread's end", status_of(ov), CANCELLED);
    send_text(pair.peer, "x");
    SleepEx(QUIET_MS, TRUE);
    observe("AP5", "routine called", routines, 0);
    close_pair(pair);
}

OBSERVE({ "exit_rows", exit_rows }, { "termination_rows", termination_rows }, { "survivors", survivors },
        { "routine_of_an_ended_thread", routine_of_an_ended_thread })
