/* Section 1: what an OVERLAPPED looks like, what handle values mean, and who owns the memory when. */
#include "../../support/fixtures.h"

static void structure_layouts(void)
{
    observe("A1", "size of OVERLAPPED", sizeof(OVERLAPPED), 32);
    observe("A1", "offset of Internal", offsetof(OVERLAPPED, Internal), 0);
    observe("A1", "offset of InternalHigh", offsetof(OVERLAPPED, InternalHigh), 8);
    observe("A1", "offset of Offset", offsetof(OVERLAPPED, Offset), 16);
    observe("A1", "offset of OffsetHigh", offsetof(OVERLAPPED, OffsetHigh), 20);
    observe("A1", "offset of Pointer", offsetof(OVERLAPPED, Pointer), 16);
    observe("A1", "offset of hEvent", offsetof(OVERLAPPED, hEvent), 24);
    observe("A1", "size of OVERLAPPED_ENTRY", sizeof(OVERLAPPED_ENTRY), 32);
    observe("A1", "offset of lpCompletionKey", offsetof(OVERLAPPED_ENTRY, lpCompletionKey), 0);
    observe("A1", "offset of lpOverlapped", offsetof(OVERLAPPED_ENTRY, lpOverlapped), 8);
    observe("A1", "offset of the entry's Internal", offsetof(OVERLAPPED_ENTRY, Internal), 16);
    observe("A1", "offset of dwNumberOfBytesTransferred", offsetof(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred), 24);
    observe("A1", "size of WSAOVERLAPPED", sizeof(WSAOVERLAPPED), 32);
    observe("A1", "WSAOVERLAPPED keeps hEvent where OVERLAPPED does",
            offsetof(WSAOVERLAPPED, hEvent) == offsetof(OVERLAPPED, hEvent), 1);
    observe("A1", "size of WSABUF", sizeof(WSABUF), 16);
}

static void status_width(void)
{
    struct tcp_pair pair = connected_pair();
    struct tcp_pair bound = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE)), on_port = overlapped_at(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed = 0;
    char byte;

    memset(&entry, 0xCC, sizeof entry);
    pend_receive(pair.here, &byte, 1, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    observe("A2", "event of the cancelled receive", signaled_in_time(ov.hEvent), 1);
    observe_hex("A2", "the whole word of a cancelled operation", (unsigned long long)ov.Internal, CANCELLED);

    bind_socket(port, bound.here, 1);
    pend_receive(bound.here, &byte, 1, &on_port);
    require(CancelIoEx((HANDLE)bound.here, &on_port));
    observe("A2", "cancelled operation dequeued",
            GetQueuedCompletionStatusEx(port, &entry, 1, &removed, PATIENCE_MS, FALSE) && removed == 1, 1);
    observe_hex("A2", "low half of the entry's Internal", (ULONG)entry.Internal, CANCELLED);
    observe_hex("A2", "the whole word after its packet", (unsigned long long)on_port.Internal, CANCELLED);

    CloseHandle(ov.hEvent);
    CloseHandle(port);
    close_pair(pair);
    close_pair(bound);
}

static void completion_macro(void)
{
    OVERLAPPED ov = overlapped_at(0);
    ov.Internal = PENDING;
    observe("A3", "status pending: completed", HasOverlappedIoCompleted(&ov) != 0, 0);
    ov.Internal = 0;
    observe("A3", "status 0: completed", HasOverlappedIoCompleted(&ov) != 0, 1);
    ov.Internal = CANCELLED;
    observe("A3", "status cancelled: completed", HasOverlappedIoCompleted(&ov) != 0, 1);
    ov.Internal = ((ULONG_PTR)0xCCCCCCCCu << 32) | PENDING;
    observe("A3", "pending in the low half only: completed", HasOverlappedIoCompleted(&ov) != 0, 0);
}

static void tag_bits(void)
{
    HANDLE event = new_event(TRUE, FALSE);
    int bits;
    for (bits = 1; bits <= 3; bits++) {
        char what[48];
        snprintf(what, sizeof what, "SetEvent through tag %d", bits);
        observe("A4", what, SetEvent(tagged(event, bits)) && is_signaled(event), 1);
        snprintf(what, sizeof what, "wait through tag %d", bits);
        observe("A4", what, WaitForSingleObject(tagged(event, bits), 0), WAIT_OBJECT_0);
        snprintf(what, sizeof what, "ResetEvent through tag %d", bits);
        observe("A4", what, ResetEvent(tagged(event, bits)) && !is_signaled(event), 1);
    }
    CloseHandle(event);
}

static DWORD error_of(BOOL succeeded)
{
    return succeeded ? 0 : GetLastError();
}

static void bad_handles_one(const char *which, HANDLE handle, int is_file)
{
    char what[64], byte = 0;
    DWORD bytes;
    ULONG removed;
    OVERLAPPED ov = overlapped_at(0);
    OVERLAPPED_ENTRY entry;

    snprintf(what, sizeof what, "GetQueuedCompletionStatus on %s", which);
    observe_text("A5", what, in_words(dequeue(handle, 0), NULL), "FALSE/6 nothing");
    snprintf(what, sizeof what, "GetQueuedCompletionStatusEx on %s", which);
    observe("A5", what, error_of(GetQueuedCompletionStatusEx(handle, &entry, 1, &removed, 0, FALSE)), 6);
    snprintf(what, sizeof what, "PostQueuedCompletionStatus on %s", which);
    observe("A5", what, error_of(PostQueuedCompletionStatus(handle, 0, 0, NULL)), 6);
    if (is_file)
        return;
    snprintf(what, sizeof what, "ReadFile on %s", which);
    observe("A5", what, error_of(ReadFile(handle, &byte, 1, &bytes, &ov)), 6);
    snprintf(what, sizeof what, "WriteFile on %s", which);
    observe("A5", what, error_of(WriteFile(handle, &byte, 1, &bytes, &ov)), 6);
}

static void bad_handles(void)
{
    HANDLE event = new_event(TRUE, FALSE), closed = new_event(TRUE, FALSE);
    struct temp_file path = temp_file_with("x", 1);
    HANDLE file = open_overlapped(&path);

    CloseHandle(closed);
    bad_handles_one("NULL", NULL, 0);
    bad_handles_one("INVALID_HANDLE_VALUE", INVALID_HANDLE_VALUE, 0);
    bad_handles_one("a closed handle", closed, 0);
    bad_handles_one("an event", event, 0);
    bad_handles_one("a file", file, 1);
    CloseHandle(event);
    CloseHandle(file);
    remove_file(&path);
}

/* The array of buffers lives in this frame only; the buffers it names live on. */
static DWORD receive_with_array_on_stack(SOCKET s, char *first, char *second, OVERLAPPED *ov)
{
    WSABUF buffers[2];
    DWORD flags = 0, error;
    buffers[0].buf = first;
    buffers[0].len = 2;
    buffers[1].buf = second;
    buffers[1].len = 2;
    error = WSARecv(s, buffers, 2, NULL, &flags, ov, NULL) == 0 ? 0 : (DWORD)WSAGetLastError();
    memset(buffers, 0xEE, sizeof buffers);
    return error;
}

static void buffer_array_reused(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char first[3] = "", second[3] = "";

    bind_socket(port, pair.here, 6);
    observe("A6", "receive into two buffers", receive_with_array_on_stack(pair.here, first, second, &ov),
            WSA_IO_PENDING);
    send_text(pair.peer, "abcd");
    observe_packet("A6", "packet after the array was overwritten", port, &ov, "TRUE key 6 bytes 4 own");
    observe_text("A6", "first buffer", first, "ab");
    observe_text("A6", "second buffer", second, "cd");
    CloseHandle(port);
    close_pair(pair);
}

/* A dequeuer that recycles the OVERLAPPED at once, as class libraries do. */
#define RECYCLES 2000
static HANDLE recycling_port;
static volatile LONG recycled;

static DWORD WINAPI recycle(LPVOID unused)
{
    (void)unused;
    for (;;) {
        struct dequeued got = dequeue(recycling_port, PATIENCE_MS);
        if (got.ov == NULL)
            return 0;
        memset(got.ov, 0x5A, sizeof *got.ov);
        InterlockedIncrement(&recycled);
    }
}

static void overlapped_recycled_at_once(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov, poisoned;
    HANDLE thread;
    int i, written_after = 0, lost = 0;
    char byte;

    memset(&poisoned, 0x5A, sizeof poisoned);
    recycling_port = new_port(0);
    bind_socket(recycling_port, pair.here, 7);
    thread = start_thread(recycle, NULL);
    for (i = 0; i < RECYCLES && !lost; i++) {
        DWORD error;
        ov = overlapped_at(0);
        send_text(pair.peer, "x");
        error = receive(pair.here, &byte, 1, &ov);
        lost = error != 0 && error != WSA_IO_PENDING;
        lost = lost || !yield_until(&recycled, i + 1);
        written_after += memcmp(&ov, &poisoned, sizeof ov) != 0;
    }
    observe("A7", "receives lost", lost, 0);
    observe("A7", "OVERLAPPEDs written after their packet was taken", written_after, 0);
    PostQueuedCompletionStatus(recycling_port, 0, 0, NULL);
    join_thread(thread);
    CloseHandle(recycling_port);
    close_pair(pair);
}

static void fields_while_pending(void)
{
    struct tcp_pair pair = connected_pair();
    SOCKET listener = new_listener(), acceptor = new_socket(SOCK_STREAM), connector = new_socket(SOCK_STREAM);
    struct sockaddr_in address = name_of(listener);
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    char buffer[128];
    DWORD bytes;

    ov.InternalHigh = PREFILL;
    pend_receive(pair.here, buffer, 1, &ov);
    observe_hex("A8", "Internal of a pending receive", ov.Internal, PENDING);
    observe_hex("A8", "InternalHigh of a pending receive", ov.InternalHigh, PREFILL);
    CancelIoEx((HANDLE)pair.here, &ov);
    signaled_in_time(ov.hEvent);

    ov.InternalHigh = PREFILL;
    AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &ov);
    observe_hex("A8", "Internal of a pending AcceptEx", ov.Internal, PENDING);
    observe_hex("A8", "InternalHigh of a pending AcceptEx", ov.InternalHigh, PREFILL);
    CancelIoEx((HANDLE)listener, &ov);
    signaled_in_time(ov.hEvent);

    /* An operation that fails in the call leaves the status of one that has not ended. */
    ov.Internal = 0;
    observe("A9", "ConnectEx on an unbound socket",
            connect_ex(connector)(connector, (struct sockaddr *)&address, sizeof address, NULL, 0, &bytes, &ov)
                ? 0 : WSAGetLastError(), WSAEINVAL);
    observe_hex("A9", "Internal after the refused ConnectEx", ov.Internal, PENDING);
    observe("A9", "the macro takes it for unfinished", !HasOverlappedIoCompleted(&ov), 1);

    CloseHandle(ov.hEvent);
    closesocket(listener);
    closesocket(acceptor);
    closesocket(connector);
    close_pair(pair);
}

OBSERVE({ "structure_layouts", structure_layouts }, { "status_width", status_width },
        { "completion_macro", completion_macro }, { "tag_bits", tag_bits }, { "bad_handles", bad_handles },
        { "buffer_array_reused", buffer_array_reused },
        { "overlapped_recycled_at_once", overlapped_recycled_at_once },
        { "fields_while_pending", fields_while_pending })
