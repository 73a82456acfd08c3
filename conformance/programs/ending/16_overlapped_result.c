/* Section 16, first part: GetOverlappedResult on fabricated and real operations (R1 to R8, R12). */
#include "../../support/fixtures.h"

#define BYTES 0xabcd

/* Successes that left last error alone, as Windows did before 10 1809 (R7). */
static int left_alone;

/* One call in words: "TRUE abcd 0" is result, bytes, last error; what was left alone is counted and taken for right. */
static const char *result(HANDLE file, OVERLAPPED *ov, BOOL wait)
{
    static char text[48];
    DWORD bytes = PREFILL, error;
    BOOL ok;
    SetLastError(PREFILL);
    ok = GetOverlappedResult(file, ov, &bytes, wait);
    error = GetLastError();
    if (ok && error == PREFILL) {
        error = (unsigned)ov->Internal == PENDING ? ERROR_IO_PENDING : 0;
        left_alone++;
    }
    snprintf(text, sizeof text, "%s %x %x", ok ? "TRUE" : "FALSE", (unsigned)bytes, (unsigned)error);
    return text;
}

static OVERLAPPED fabricated(unsigned status, HANDLE event)
{
    OVERLAPPED ov = overlapped_with(event);
    ov.Internal = status;
    ov.InternalHigh = BYTES;
    return ov;
}

static void status_alone_decides(void)
{
    OVERLAPPED ov = fabricated(0, NULL);
    DWORD bytes = PREFILL;
    BOOL ok;

    observe_text("R1", "finished, no file", result(NULL, &ov, FALSE), "TRUE abcd 0");
    observe_text("R1", "finished, no file, wait", result(NULL, &ov, TRUE), "TRUE abcd 0");
    observe_text("R1", "finished, garbage for a file", result((HANDLE)(ULONG_PTR)0x12345678, &ov, TRUE), "TRUE abcd 0");
    ov = fabricated(0, (HANDLE)(ULONG_PTR)0x12345678);
    observe_text("R1", "finished, garbage for an event", result(NULL, &ov, TRUE), "TRUE abcd 0");
    ov = fabricated(0xC0000008, NULL);
    observe_text("R5", "failed: bytes all the same", result(NULL, &ov, FALSE), "FALSE abcd 6");
    ov = fabricated(0x80000005, NULL);
    observe_text("R6", "warning: bytes and 234", result(NULL, &ov, FALSE), "FALSE abcd ea");
    ov = fabricated(CANCELLED, NULL);
    observe_text("R6", "cancelled", result(NULL, &ov, FALSE), "FALSE abcd 3e3");
    ov = fabricated(0, NULL);
    SetLastError(PREFILL);
    ok = GetOverlappedResult(NULL, &ov, &bytes, FALSE);
    observe("R7", "last error after success is 0 or untouched",
            ok && (GetLastError() == 0 || GetLastError() == PREFILL), 1);
}

static void unfinished(void)
{
    HANDLE event = new_event(TRUE, FALSE);
    OVERLAPPED ov = fabricated(PENDING, event);

    observe_text("R2", "pending, no wait", result(NULL, &ov, FALSE), "FALSE deadbeef 3e4");
    ov = fabricated(PENDING, NULL);
    observe_text("R2", "pending, no event, no wait", result(NULL, &ov, FALSE), "FALSE deadbeef 3e4");
    observe_text("R3", "nothing to wait for", result(NULL, &ov, TRUE), "FALSE deadbeef 6");
    ov = fabricated(PENDING, (HANDLE)(ULONG_PTR)0x12345678);
    observe_text("R3", "garbage to wait for", result(NULL, &ov, TRUE), "FALSE deadbeef 6");
    SetEvent(event);
    ov = fabricated(PENDING, event);
    observe_text("R4", "signaled by hand, still pending", result(NULL, &ov, TRUE), "TRUE abcd 3e5");
    ov = fabricated(PENDING, tagged(event, 1));
    observe_text("R3", "tag bits of the event are masked", result(NULL, &ov, TRUE), "TRUE abcd 3e5");
    ov = fabricated(PENDING, NULL);
    observe_text("R3", "no event: the file is waited for", result(event, &ov, TRUE), "TRUE abcd 3e5");
    CloseHandle(event);
}

static LONG apcs;

static void CALLBACK count_apc(ULONG_PTR argument)
{
    (void)argument;
    apcs++;
}

static void CALLBACK set_event(PVOID event, BOOLEAN fired)
{
    (void)fired;
    SetEvent((HANDLE)event);
}

static void waiting(void)
{
    HANDLE event = new_event(FALSE, TRUE), timer = NULL;
    OVERLAPPED ov = fabricated(PENDING, event);

    observe_text("R8", "auto-reset event", result(NULL, &ov, TRUE), "TRUE abcd 3e5");
    observe("R8", "the wait consumed it", is_signaled(event), 0);
    require(QueueUserAPC(count_apc, GetCurrentThread(), 0));
    require(CreateTimerQueueTimer(&timer, NULL, set_event, event, QUIET_MS, 0, WT_EXECUTEONLYONCE));
    observe_text("R8", "waited with an APC pending", result(NULL, &ov, TRUE), "TRUE abcd 3e5");
    observe("R8", "APCs run by the wait", apcs, 0);
    SleepEx(0, TRUE);
    observe("R8", "APCs run afterwards", apcs, 1);
    DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE);
    CloseHandle(event);
}

static void last_errors(void)
{
    observe("R7", "successes that left last error alone", left_alone, 0);
}

static void together_with_a_packet(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    DWORD bytes = 0;
    char buffer[8];

    bind_socket(port, pair.here, 12);
    pend_receive(pair.here, buffer, 8, &ov);
    send_text(pair.peer, "abc");
    observe("R12", "result by the event", GetOverlappedResult((HANDLE)pair.here, &ov, &bytes, TRUE) && bytes == 3, 1);
    observe_packet("R12", "the packet is still there", port, &ov, "TRUE key 12 bytes 3 own");
    CloseHandle(ov.hEvent);
    CloseHandle(port);
    close_pair(pair);
}

OBSERVE({ "status_alone_decides", status_alone_decides }, { "unfinished", unfinished }, { "waiting", waiting },
        { "last_errors", last_errors },
        { "together_with_a_packet", together_with_a_packet })
