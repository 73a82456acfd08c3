/* Section 14: CancelIo, CancelIoEx and CancelSynchronousIo (the table K1, and K2 to K9, K11). */
#include "../../support/fixtures.h"

/* A thread that issues one receive and then stays, so that its exit plays no part. */
struct issuer {
    SOCKET s;
    OVERLAPPED *ov;
    char byte;
    volatile LONG issued;
    HANDLE leave;
};

static DWORD WINAPI issue_and_stay(LPVOID argument)
{
    struct issuer *issuer = (struct issuer *)argument;
    pend_receive(issuer->s, &issuer->byte, 1, issuer->ov);
    InterlockedExchange(&issuer->issued, 1);
    return WaitForSingleObject(issuer->leave, INFINITE);
}

static HANDLE start_issuer(struct issuer *issuer, SOCKET s, OVERLAPPED *ov)
{
    HANDLE thread;
    memset(issuer, 0, sizeof *issuer);
    issuer->s = s;
    issuer->ov = ov;
    issuer->leave = new_event(TRUE, FALSE);
    thread = start_thread(issue_and_stay, issuer);
    require(becomes(&issuer->issued, 1));
    return thread;
}

static void dismiss_issuer(struct issuer *issuer, HANDLE thread)
{
    SetEvent(issuer->leave);
    join_thread(thread);
    CloseHandle(issuer->leave);
}

static void table(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), file = (HANDLE)pair.here, thread = GetCurrentThread(), event = new_event(TRUE, FALSE);
    OVERLAPPED own = overlapped_at(0), second = overlapped_at(0), with_event = overlapped_with(event);
    char bytes[3];

    bind_socket(port, pair.here, 1);
    observe("K1", "CancelIo, nothing to cancel", CancelIo(file) != 0, 1);
    observe("K1", "CancelIoEx(NULL), nothing to cancel", CancelIoEx(file, NULL) ? 0 : GetLastError(), 1168);
    observe("K1", "CancelIoEx(ov), nothing to cancel", CancelIoEx(file, &own) ? 0 : GetLastError(), 1168);
    observe("K1", "CancelIo, bad handle", CancelIo(INVALID_HANDLE_VALUE) ? 0 : GetLastError(), 6);
    observe("K1", "CancelIo, NULL", CancelIo(NULL) ? 0 : GetLastError(), 6);
    observe("K1", "CancelIoEx, bad handle", CancelIoEx(INVALID_HANDLE_VALUE, NULL) ? 0 : GetLastError(), 6);
    observe("K1", "CancelIoEx, NULL handle", CancelIoEx(NULL, NULL) ? 0 : GetLastError(), 6);
    observe("K1", "CancelSynchronousIo, bad handle", CancelSynchronousIo(NULL) ? 0 : GetLastError(), 6);
    observe("K1", "CancelSynchronousIo, an event", CancelSynchronousIo(event) ? 0 : GetLastError(), 6);
    observe("K1", "CancelSynchronousIo, nothing to cancel", CancelSynchronousIo(thread) ? 0 : GetLastError(), 1168);

    pend_receive(pair.here, &bytes[0], 1, &own);
    SetLastError(PREFILL);
    observe("K1", "CancelIo", CancelIo(file) != 0, 1);
    observe_hex("K1", "last error after CancelIo", GetLastError(), PREFILL);
    observe_packet("K1", "packet after CancelIo", port, &own, "FALSE/995 key 1 bytes 0 own");
    observe_hex("K1", "status after CancelIo", status_of(&own), CANCELLED);
    pend_receive(pair.here, &bytes[0], 1, &own);
    SetLastError(PREFILL);
    observe("K1", "CancelIoEx(ov)", CancelIoEx(file, &own) != 0, 1);
    observe_hex("K1", "last error after CancelIoEx", GetLastError(), PREFILL);
    observe_packet("K1", "packet after CancelIoEx", port, &own, "FALSE/995 key 1 bytes 0 own");

    pend_receive(pair.here, &bytes[0], 1, &own);
    pend_receive(pair.here, &bytes[1], 1, &second);
    pend_receive(pair.here, &bytes[2], 1, &with_event);
    observe("K1", "CancelIoEx(NULL)", CancelIoEx(file, NULL) != 0, 1);
    observe("K1", "packets of three after CancelIoEx(NULL)", packets_left(port), 3);
    observe("K11", "event of a cancelled operation", is_signaled(event), 1);
    observe("K11", "the macro after its packet", HasOverlappedIoCompleted(&with_event) != 0, 1);
    CloseHandle(event);
    CloseHandle(port);
    close_pair(pair);
}

static void cancel_waits(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(event);
    char byte;

    pend_receive(pair.here, &byte, 1, &ov);
    require(CancelIo((HANDLE)pair.here));
    observe_hex("K2", "status when CancelIo returned", status_of(&ov), CANCELLED);
    observe("K2", "event when CancelIo returned", is_signaled(event), 1);
    observe("K2", "CancelIo again", CancelIo((HANDLE)pair.here) != 0, 1);
    observe("K11", "the macro without a port", HasOverlappedIoCompleted(&ov) != 0, 1);
    CloseHandle(event);
    close_pair(pair);
}

static LONG routines;
static DWORD routine_error;

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)bytes, (void)ov, (void)flags;
    routines++;
    routine_error = error;
}

static void routine_needs_an_alertable_wait(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);
    WSABUF one;
    DWORD flags = 0;
    char byte;

    one.buf = &byte;
    one.len = 1;
    require(WSARecv(pair.here, &one, 1, NULL, &flags, &ov, routine) && WSAGetLastError() == WSA_IO_PENDING);
    require(CancelIo((HANDLE)pair.here));
    observe("K2", "routines run by CancelIo", routines, 0);
    SleepEx(PATIENCE_MS, TRUE);
    observe("K2", "routines run by the alertable wait", routines, 1);
    observe("K2", "their error", routine_error, WSA_OPERATION_ABORTED);
    close_pair(pair);
}

static void twice(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 3);
    pend_receive(pair.here, &byte, 1, &ov);
    observe("K3", "first CancelIoEx", CancelIoEx((HANDLE)pair.here, &ov) != 0, 1);
    Sleep(QUIET_MS);
    observe("K3", "second CancelIoEx, packet not dequeued",
            CancelIoEx((HANDLE)pair.here, &ov) ? 0 : GetLastError(), 1168);
    observe_packet("K3", "packet", port, &ov, "FALSE/995 key 3 bytes 0 own");
    observe("K3", "packets beyond it", packets_left(port), 0);
    CloseHandle(port);
    close_pair(pair);
}

/* A request, not a fact: the race has two endings and one packet. And no byte is lost to it (K9). */
#define RACES 2000

static DWORD WINAPI send_numbers(LPVOID argument)
{
    SOCKET s = *(SOCKET *)argument;
    unsigned char number = 0;
    int i;
    for (i = 0; i < RACES; i++, number++)
        if (send(s, (char *)&number, 1, 0) != 1)
            return 1;
    return 0;
}

static void race_with_data(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), thread;
    unsigned char expected = 0, byte = 0;
    int succeeded = 0, cancelled = 0, strange = 0, gaps = 0, lost = 0;

    bind_socket(port, pair.here, 4);
    thread = start_thread(send_numbers, &pair.peer);
    while (succeeded < RACES && !lost) {
        OVERLAPPED ov = overlapped_at(0);
        struct dequeued got;
        DWORD error = receive(pair.here, &byte, 1, &ov);
        if (error != 0 && error != WSA_IO_PENDING)
            break;
        CancelIoEx((HANDLE)pair.here, &ov);
        got = dequeue(port, PATIENCE_MS);
        lost = got.ov != &ov;
        if (got.ok && got.bytes == 1) {
            succeeded++;
            gaps += byte != expected;
            expected = (unsigned char)(byte + 1);
        } else if (!got.ok && got.error == ERROR_OPERATION_ABORTED && got.bytes == 0) {
            cancelled++;
        } else {
            strange++;
        }
    }
    observe("K4", "packets lost", lost, 0);
    observe("K4", "endings other than success and 995", strange, 0);
    observe("K4", "packets beyond one each", packets_left(port), 0);
    observe("K9", "bytes received in spite of the cancels", succeeded, RACES);
    observe("K9", "gaps in the stream", gaps, 0);
    join_thread(thread);
    CloseHandle(port);
    close_pair(pair);
}

/* Two sockets are two file objects; a duplicate is the same one. */
static void scope(void)
{
    struct tcp_pair first = connected_pair(), second = connected_pair();
    HANDLE self = GetCurrentProcess(), duplicate = NULL;
    OVERLAPPED ov[2] = { overlapped_with(new_event(TRUE, FALSE)), overlapped_with(new_event(TRUE, FALSE)) };
    char bytes[2];

    pend_receive(first.here, &bytes[0], 1, &ov[0]);
    pend_receive(second.here, &bytes[1], 1, &ov[1]);
    observe("K5", "cancel on the one", CancelIoEx((HANDLE)first.here, NULL) != 0, 1);
    observe("K5", "its operation ended", signaled_in_time(ov[0].hEvent), 1);
    observe("K5", "the other's did not", is_signaled(ov[1].hEvent), 0);
    observe("K5", "the other's OVERLAPPED on this handle", CancelIoEx((HANDLE)first.here, &ov[1]) ? 0 : GetLastError(),
            1168);
    require(DuplicateHandle(self, (HANDLE)second.here, self, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    observe("K5", "cancel through a duplicate", CancelIoEx(duplicate, NULL) != 0, 1);
    observe("K5", "the other's ended by it", signaled_in_time(ov[1].hEvent), 1);
    CloseHandle(duplicate);
    CloseHandle(ov[0].hEvent);
    CloseHandle(ov[1].hEvent);
    close_pair(first);
    close_pair(second);
}

static void other_threads(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    struct issuer issuer;
    HANDLE thread = start_issuer(&issuer, pair.here, &ov);

    observe("K6", "CancelIo by another thread", CancelIo((HANDLE)pair.here) != 0, 1);
    Sleep(QUIET_MS);
    observe("K6", "the operation is still pending", status_of(&ov) == PENDING && !is_signaled(ov.hEvent), 1);
    observe("K6", "CancelIoEx by another thread", CancelIoEx((HANDLE)pair.here, &ov) != 0, 1);
    observe("K6", "the operation ended", signaled_in_time(ov.hEvent), 1);
    observe_hex("K6", "its status", status_of(&ov), CANCELLED);
    dismiss_issuer(&issuer, thread);
    CloseHandle(ov.hEvent);
    close_pair(pair);
}

static void one_of_two(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED first = overlapped_at(0), second = overlapped_at(0), unknown = overlapped_at(0);
    char bytes[2];

    bind_socket(port, pair.here, 7);
    pend_receive(pair.here, &bytes[0], 1, &first);
    pend_receive(pair.here, &bytes[1], 1, &second);
    observe("K7", "unknown OVERLAPPED", CancelIoEx((HANDLE)pair.here, &unknown) ? 0 : GetLastError(), 1168);
    observe("K7", "cancel the second", CancelIoEx((HANDLE)pair.here, &second) != 0, 1);
    observe_packet("K7", "packet of the second", port, &second, "FALSE/995 key 7 bytes 0 own");
    send_text(pair.peer, "x");
    observe_packet("K7", "the first survived", port, &first, "TRUE key 7 bytes 1 own");
    pend_receive(pair.here, &bytes[1], 1, &second);
    observe("K7", "the address again, a new operation", CancelIoEx((HANDLE)pair.here, &second) != 0, 1);
    observe_packet("K7", "packet of the new one", port, &second, "FALSE/995 key 7 bytes 0 own");
    CloseHandle(port);
    close_pair(pair);
}

/* ---- K8: CancelSynchronousIo ---- */

struct reader {
    HANDLE pipe;
    BOOL ok;
    DWORD error;
    volatile LONG reading, done;
};

static DWORD WINAPI read_from_pipe(LPVOID argument)
{
    struct reader *reader = (struct reader *)argument;
    DWORD bytes;
    char byte;
    InterlockedExchange(&reader->reading, 1);
    reader->ok = ReadFile(reader->pipe, &byte, 1, &bytes, NULL);
    reader->error = reader->ok ? 0 : GetLastError();
    InterlockedExchange(&reader->done, 1);
    return 0;
}

static void synchronous_calls(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    struct issuer issuer;
    struct reader reader;
    HANDLE thread, write_end;

    memset(&reader, 0, sizeof reader);
    require(CreatePipe(&reader.pipe, &write_end, NULL, 0));
    thread = start_thread(read_from_pipe, &reader);
    require(becomes(&reader.reading, 1));
    Sleep(QUIET_MS);
    observe("K8", "thread in a blocking read", CancelSynchronousIo(thread) != 0, 1);
    observe("K8", "the read ended", becomes(&reader.done, 1), 1);
    observe("K8", "its error", reader.error, ERROR_OPERATION_ABORTED);
    if (peek(&reader.done) == 0)
        CloseHandle(write_end);
    join_thread(thread);

    thread = start_issuer(&issuer, pair.here, &ov);
    observe("K8", "thread with an overlapped receive, in a wait",
            CancelSynchronousIo(thread) ? 0 : GetLastError(), 1168);
    Sleep(QUIET_MS);
    observe("K8", "its receive is untouched", status_of(&ov) == PENDING, 1);
    CancelIoEx((HANDLE)pair.here, &ov);
    signaled_in_time(ov.hEvent);
    dismiss_issuer(&issuer, thread);
    CloseHandle(reader.pipe);
    CloseHandle(ov.hEvent);
    close_pair(pair);
}

OBSERVE({ "table", table }, { "cancel_waits", cancel_waits },
        { "routine_needs_an_alertable_wait", routine_needs_an_alertable_wait }, { "twice", twice },
        { "race_with_data", race_with_data }, { "scope", scope }, { "other_threads", other_threads },
        { "one_of_two", one_of_two }, { "synchronous_calls", synchronous_calls })
