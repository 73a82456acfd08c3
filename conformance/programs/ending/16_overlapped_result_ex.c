/*
 * Section 16, second part: GetOverlappedResultEx (R9, R10), the whole matrix on fabricated operations:
 * status x event state x bit 0 of the file x timeout x alertable x APC pending.
 */
#include "../../support/fixtures.h"

#define BYTES 0xabcd

static LONG apcs;

/* Successes that left last error alone, as Windows did before 10 1809 (R7). */
static int left_alone;

static void CALLBACK count_apc(ULONG_PTR argument)
{
    (void)argument;
    apcs++;
}

/* Which object is waited for, and whether it is signaled. */
enum event_state { CLEAR, SET, AUTO_SET, TAGGED_SET, NONE, EVENT_STATES };

static const char *const event_names[EVENT_STATES] = { "event clear", "event set", "auto-reset event set",
                                                       "tagged event set", "no event, file set" };

static const struct {
    const char *name;
    unsigned status, error;
} statuses[] = { { "success", 0, 0 },
                 { "pending", PENDING, ERROR_IO_PENDING },
                 { "error", 0xC0000008, 6 },
                 { "warning", 0x80000005, 234 } };

struct outcome {
    BOOL ok;
    DWORD bytes, error;
    LONG apcs_run;
    int consumed;
};

/* What R9 and R10 say. */
static struct outcome promised(int status, enum event_state state, int file_bit, DWORD timeout, int alertable, int apc)
{
    struct outcome o = { FALSE, PREFILL, 0, 0, 0 };
    int pending = statuses[status].status == PENDING, signaled = state != CLEAR;

    if (timeout == 0 && pending) {
        o.error = ERROR_IO_INCOMPLETE;
        return o;
    }
    if (timeout != 0 && (pending || !file_bit)) {
        if (alertable && apc) {
            o.error = WAIT_IO_COMPLETION;
            o.apcs_run = 1;
            return o;
        }
        if (!signaled && !file_bit) {
            o.error = WAIT_TIMEOUT;
            return o;
        }
        o.consumed = state == AUTO_SET;
    }
    o.ok = statuses[status].status == 0 || pending;
    o.bytes = BYTES;
    o.error = statuses[status].error;
    return o;
}

static void in_text(char *text, size_t size, struct outcome o)
{
    snprintf(text, size, "%s %x %u, %s%s", o.ok ? "TRUE" : "FALSE", (unsigned)o.bytes, (unsigned)o.error,
             o.apcs_run ? "APC run" : "no APC run", o.consumed ? ", event consumed" : "");
}

static void one(int status, enum event_state state, int file_bit, DWORD timeout, int alertable, int apc)
{
    HANDLE event = new_event(state != AUTO_SET, state != CLEAR), file = NULL;
    OVERLAPPED ov = overlapped_with(state == NONE ? NULL : tagged(event, state == TAGGED_SET));
    struct outcome seen;
    char what[128], seen_text[64], promised_text[64];

    if (state == NONE)
        file = event;
    ov.Internal = statuses[status].status;
    ov.InternalHigh = BYTES;
    apcs = 0;
    if (apc)
        require(QueueUserAPC(count_apc, GetCurrentThread(), 0));
    seen.bytes = PREFILL;
    SetLastError(PREFILL);
    seen.ok = GetOverlappedResultEx(tagged(file, file_bit), &ov, &seen.bytes, timeout, alertable);
    seen.error = GetLastError();
    if (seen.ok && seen.error == PREFILL) {
        seen.error = statuses[status].error;
        left_alone++;
    }
    seen.apcs_run = apcs;
    seen.consumed = state != CLEAR && !is_signaled(event);
    SleepEx(0, TRUE);

    snprintf(what, sizeof what, "%s, %s%s, timeout %u%s%s", statuses[status].name, event_names[state],
             file_bit ? ", file bit 0" : "", (unsigned)timeout, alertable ? ", alertable" : "",
             apc ? ", APC pending" : "");
    in_text(seen_text, sizeof seen_text, seen);
    in_text(promised_text, sizeof promised_text, promised(status, state, file_bit, timeout, alertable, apc));
    /* An APC that wins over a signaled object is R10. */
    observe_text(apc && alertable && timeout && state != CLEAR ? "R10" : "R9", what, seen_text, promised_text);
    CloseHandle(event);
}

static void matrix(void)
{
    int status, state, file_bit, timed, alertable, apc;
    for (status = 0; status < 4; status++)
        for (state = 0; state < EVENT_STATES; state++)
            for (file_bit = 0; file_bit <= 1; file_bit++)
                for (timed = 0; timed <= 1; timed++)
                    for (alertable = 0; alertable <= 1; alertable++)
                        for (apc = 0; apc <= alertable; apc++)
                            one(status, (enum event_state)state, file_bit, timed ? 10 : 0, alertable, apc);
}

/* Not alertable: an APC that is pending stays so. */
static void not_alertable(void)
{
    int status;
    for (status = 0; status < 4; status++)
        one(status, SET, 0, 10, 0, 1);
}

static void last_errors(void)
{
    observe("R7", "successes that left last error alone", left_alone, 0);
}

static DWORD WINAPI signal_later(LPVOID event)
{
    Sleep(QUIET_MS);
    SetEvent((HANDLE)event);
    return 0;
}

static void real_waits(void)
{
    HANDLE event = new_event(TRUE, FALSE), thread;
    OVERLAPPED ov = overlapped_with(event);
    OVERLAPPED without_event = overlapped_at(0);
    DWORD bytes = PREFILL;

    without_event.Internal = PENDING;
    ov.Internal = PENDING;
    ov.InternalHigh = BYTES;
    observe("R9", "nothing to wait for",
            GetOverlappedResultEx(NULL, &without_event, &bytes, 10, FALSE) ? 0 : GetLastError(), 6);
    thread = start_thread(signal_later, event);
    observe("R9", "signaled while waiting", GetOverlappedResultEx(NULL, &ov, &bytes, PATIENCE_MS, FALSE) != 0, 1);
    observe_hex("R9", "bytes", bytes, BYTES);
    join_thread(thread);
    CloseHandle(event);
}

OBSERVE({ "matrix", matrix }, { "not_alertable", not_alertable }, { "last_errors", last_errors },
        { "real_waits", real_waits })
