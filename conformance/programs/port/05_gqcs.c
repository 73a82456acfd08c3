/* Section 5: GetQueuedCompletionStatus, each row of its table with prefilled outputs, and its error codes. */
#include "../../support/fixtures.h"

static void untouched(const char *row, struct dequeued got)
{
    char what[64];
    snprintf(what, sizeof what, "%s: key untouched", row);
    observe("G2", what, got.key == PREFILL, 1);
    snprintf(what, sizeof what, "%s: bytes untouched", row);
    observe("G2", what, got.bytes == PREFILL, 1);
    snprintf(what, sizeof what, "%s: lpOverlapped is NULL", row);
    observe("G2", what, got.ov == NULL, 1);
}

static DWORD WINAPI close_a_little_later(LPVOID port)
{
    Sleep(QUIET_MS);
    CloseHandle((HANDLE)port);
    return 0;
}

static void rows(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE), thread;
    OVERLAPPED ov = overlapped_at(0);
    struct dequeued got;
    char byte;

    bind_socket(port, pair.here, 21);
    pend_receive(pair.here, &byte, 1, &ov);
    send_text(pair.peer, "x");
    got = dequeue(port, PATIENCE_MS);
    observe_text("G1", "row 1, an operation", in_words(got, &ov), "TRUE key 21 bytes 1 own");
    observe_hex("G4", "row 1, an operation: last error", got.error, PREFILL);
    require(PostQueuedCompletionStatus(port, 5, 6, &ov));
    got = dequeue(port, PATIENCE_MS);
    observe_text("G1", "row 1, a posted packet", in_words(got, &ov), "TRUE key 6 bytes 5 own");
    observe_hex("G4", "row 1, a posted packet: last error", got.error, PREFILL);
    require(PostQueuedCompletionStatus(port, 5, 6, NULL));
    got = dequeue(port, PATIENCE_MS);
    observe_text("G1", "row 2", in_words(got, &ov), "TRUE key 6 bytes 5 NULL");
    observe_hex("G4", "row 2: last error", got.error, PREFILL);

    pend_receive(pair.here, &byte, 1, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    observe_packet("G1", "row 3, cancelled", port, &ov, "FALSE/995 key 21 bytes 0 own");

    got = dequeue(port, 0);
    observe_text("G1", "row 4a, polled", in_words(got, &ov), "FALSE/258 nothing");
    untouched("row 4a, polled", got);
    got = dequeue(port, 20);
    observe_text("G1", "row 4a, waited", in_words(got, &ov), "FALSE/258 nothing");
    untouched("row 4a, waited", got);
    observe("G5", "a timeout is 258", got.error, WAIT_TIMEOUT);

    thread = start_thread(close_a_little_later, port);
    got = dequeue(port, SAT_OUT_MS);
    observe_text("G1", "row 4b", in_words(got, &ov), "FALSE/735 nothing");
    untouched("row 4b", got);
    observe("G5", "a closed port is 735", got.error, ERROR_ABANDONED_WAIT_0);
    join_thread(thread);

    got = dequeue(port, 0);
    observe_text("G1", "row 4c, closed", in_words(got, &ov), "FALSE/6 nothing");
    untouched("row 4c, closed", got);
    observe_text("G1", "row 4c, an event", in_words(dequeue(event, 0), &ov), "FALSE/6 nothing");
    observe_text("G1", "row 4c, NULL", in_words(dequeue(NULL, 0), &ov), "FALSE/6 nothing");
    CloseHandle(event);
    close_pair(pair);
}

/* TRUE if and only if the status is not a warning or an error; a warning's bytes are valid. */
static void warnings_have_bytes(void)
{
    SOCKET s = new_datagram_socket(), peer = new_datagram_socket();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[4];
    struct dequeued got;

    bind_socket(port, s, 22);
    pend_receive(s, buffer, sizeof buffer, &ov);
    send_datagram(peer, s, "0123456789", 10);
    got = dequeue(port, PATIENCE_MS);
    observe_text("G3", "truncated datagram", in_words(got, &ov), "FALSE/234 key 22 bytes 4 own");
    observe_hex("G3", "its status", status_of(&ov), 0x80000005);
    closesocket(s);
    closesocket(peer);
    CloseHandle(port);
}

static void bytes_are_32_bits(void)
{
    HANDLE port = new_port(0);
    struct dequeued got;
    require(PostQueuedCompletionStatus(port, 0xFFFFFFFF, 1, NULL));
    got = dequeue(port, 0);
    observe_hex("G6", "bytes of a posted packet", got.bytes, 0xFFFFFFFF);
    CloseHandle(port);
}

/* Sockets fail with Win32 codes here; Winsock's come from WSAGetOverlappedResult. */
static void socket_errors(void)
{
    struct tcp_pair pair = connected_pair();
    SOCKET s = new_datagram_socket(), gone = new_datagram_socket(), refused = new_socket(SOCK_STREAM);
    SOCKET listener = new_listener();
    struct sockaddr_in nobody = name_of(gone), no_listener = name_of(listener);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    DWORD bytes = 0, flags = 0;
    char buffer[4];

    bind_socket(port, pair.here, 23);
    pend_receive(pair.here, buffer, sizeof buffer, &ov);
    reset_connection(pair.peer);
    observe_packet("G7", "reset", port, &ov, "FALSE/64 key 23 bytes 0 own");
    observe_hex("G7", "status of the reset", status_of(&ov), 0xC000020D);
    observe("G7", "WSAGetOverlappedResult of the reset",
            WSAGetOverlappedResult(pair.here, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAECONNRESET);

    closesocket(listener);
    bind_anywhere(refused);
    bind_socket(port, refused, 24);
    ov = overlapped_at(0);
    observe("G7", "ConnectEx to nobody",
            connect_ex(refused)(refused, (struct sockaddr *)&no_listener, sizeof no_listener, NULL, 0, &bytes, &ov)
                ? 0 : WSAGetLastError(), WSA_IO_PENDING);
    observe_packet("G7", "refused", port, &ov, "FALSE/1225 key 24 bytes 0 own");
    observe_hex("G7", "status of the refusal", status_of(&ov), 0xC0000236);
    observe("G7", "WSAGetOverlappedResult of the refusal",
            WSAGetOverlappedResult(refused, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAECONNREFUSED);

    closesocket(gone);
    bind_socket(port, s, 25);
    ov = overlapped_at(0);
    require(connect(s, (struct sockaddr *)&nobody, sizeof nobody) == 0);
    pend_receive(s, buffer, sizeof buffer, &ov);
    send(s, "x", 1, 0);
    observe_packet("G7", "port unreachable", port, &ov, "FALSE/1234 key 25 bytes 0 own");
    observe("G7", "WSAGetOverlappedResult of port unreachable",
            WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAECONNRESET);
    closesocket(pair.here);
    closesocket(refused);
    closesocket(s);
    CloseHandle(port);
}

/* ---- G8: user APCs do not interrupt it ---- */

struct apc_victim {
    HANDLE port;
    struct dequeued got;
    DWORD elapsed_ms, sleep_result;
    volatile LONG apcs, apcs_before_sleep, waiting;
};

static void CALLBACK count_apc(ULONG_PTR argument)
{
    InterlockedIncrement(&((struct apc_victim *)argument)->apcs);
}

static DWORD WINAPI wait_without_apcs(LPVOID argument)
{
    struct apc_victim *victim = (struct apc_victim *)argument;
    DWORD start = GetTickCount();
    InterlockedExchange(&victim->waiting, 1);
    victim->got = dequeue(victim->port, 400);
    victim->elapsed_ms = GetTickCount() - start;
    victim->apcs_before_sleep = victim->apcs;
    victim->sleep_result = SleepEx(0, TRUE);
    return 0;
}

static void not_alertable(void)
{
    struct apc_victim victim;
    HANDLE thread;

    memset(&victim, 0, sizeof victim);
    victim.port = new_port(0);
    thread = start_thread(wait_without_apcs, &victim);
    require(becomes(&victim.waiting, 1));
    Sleep(60);
    require(QueueUserAPC(count_apc, thread, (ULONG_PTR)&victim));
    join_thread(thread);
    observe_text("G8", "the call with an APC queued to it", in_words(victim.got, NULL), NOTHING);
    observe("G8", "it waited to the end", victim.elapsed_ms >= 370, 1);
    observe("G8", "APCs run by it", victim.apcs_before_sleep, 0);
    observe("G8", "an alertable sleep afterwards", victim.sleep_result, WAIT_IO_COMPLETION);
    observe("G8", "APCs run then", victim.apcs, 1);
    CloseHandle(victim.port);
}

struct issuer {
    SOCKET s;
    OVERLAPPED *ov;
    char byte;
    volatile LONG issued;
    HANDLE exit;
};

static DWORD WINAPI issue_and_stay(LPVOID argument)
{
    struct issuer *issuer = (struct issuer *)argument;
    pend_receive(issuer->s, &issuer->byte, 1, issuer->ov);
    InterlockedExchange(&issuer->issued, 1);
    return WaitForSingleObject(issuer->exit, INFINITE);
}

static void any_thread_may_dequeue(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), thread;
    OVERLAPPED ov = overlapped_at(0);
    struct issuer issuer = { pair.here, &ov, 0, 0, new_event(TRUE, FALSE) };

    bind_socket(port, pair.here, 29);
    thread = start_thread(issue_and_stay, &issuer);
    require(becomes(&issuer.issued, 1));
    send_text(pair.peer, "x");
    observe_packet("G9", "issued there, dequeued here", port, &ov, "TRUE key 29 bytes 1 own");
    SetEvent(issuer.exit);
    join_thread(thread);
    CloseHandle(issuer.exit);
    CloseHandle(port);
    close_pair(pair);
}

/* Many cancelled operations at once: each is a failed packet with its own OVERLAPPED. */
static void every_failure_is_accounted_for(void)
{
    enum { COUNT = 64 };
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov[COUNT];
    char bytes[COUNT];
    int i, seen[COUNT] = { 0 }, failed = 0, once = 1;

    bind_socket(port, pair.here, 30);
    for (i = 0; i < COUNT; i++) {
        ov[i] = overlapped_at(0);
        pend_receive(pair.here, &bytes[i], 1, &ov[i]);
    }
    require(CancelIoEx((HANDLE)pair.here, NULL));
    for (i = 0; i < COUNT; i++) {
        struct dequeued got = dequeue(port, PATIENCE_MS);
        if (got.ov == NULL)
            break;
        failed += !got.ok && got.error == ERROR_OPERATION_ABORTED;
        seen[got.ov - ov]++;
    }
    for (i = 0; i < COUNT; i++)
        once = once && seen[i] == 1;
    observe("G10", "64 cancelled receives, packets with 995", failed, COUNT);
    observe("G10", "each OVERLAPPED came back once", once, 1);
    CloseHandle(port);
    close_pair(pair);
}

OBSERVE({ "rows", rows }, { "warnings_have_bytes", warnings_have_bytes }, { "bytes_are_32_bits", bytes_are_32_bits },
        { "socket_errors", socket_errors }, { "not_alertable", not_alertable },
        { "any_thread_may_dequeue", any_thread_may_dequeue },
        { "every_failure_is_accounted_for", every_failure_is_accounted_for })
