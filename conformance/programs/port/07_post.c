/* Section 7: PostQueuedCompletionStatus. */
#include "../../support/fixtures.h"

static void delivered_verbatim(void)
{
    HANDLE port = new_port(0);
    struct dequeued got;

    require(PostQueuedCompletionStatus(port, 0xFFFFFFFF, ~(ULONG_PTR)0, (OVERLAPPED *)(ULONG_PTR)1));
    got = dequeue(port, 0);
    observe("N1", "all bits set: TRUE", got.ok, 1);
    observe_hex("N1", "all bits set: bytes", got.bytes, 0xFFFFFFFF);
    observe("N1", "all bits set: key", got.key == ~(ULONG_PTR)0, 1);
    observe("N1", "an lpOverlapped that points nowhere", got.ov == (OVERLAPPED *)(ULONG_PTR)1, 1);
    require(PostQueuedCompletionStatus(port, 0, 0, NULL));
    observe_packet("N1", "all zero", port, NULL, "TRUE key 0 bytes 0 own");
    require(PostQueuedCompletionStatus(port, 0, 7, NULL));
    observe_packet("N5", "shutdown packet, NULL lpOverlapped", port, NULL, "TRUE key 7 bytes 0 own");
    require(PostQueuedCompletionStatus(port, 0, ~(ULONG_PTR)0, NULL));
    got = dequeue(port, 0);
    observe("N5", "shutdown packet, key -1", got.ok && got.key == ~(ULONG_PTR)0 && got.ov == NULL, 1);
    CloseHandle(port);
}

static void overlapped_not_written(void)
{
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    OVERLAPPED_ENTRY entry;
    ULONG removed;

    ov.Internal = 0x1234;
    ov.InternalHigh = 0x5678;
    require(PostQueuedCompletionStatus(port, 3, 1, &ov));
    observe_packet("N2", "packet", port, &ov, "TRUE key 1 bytes 3 own");
    observe_hex("N2", "Internal", ov.Internal, 0x1234);
    observe_hex("N2", "InternalHigh", ov.InternalHigh, 0x5678);
    require(PostQueuedCompletionStatus(port, 3, 1, &ov));
    observe("N2", "packet by the Ex call", GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 0, FALSE) != 0, 1);
    observe_hex("N2", "Internal after the Ex call", ov.Internal, 0x1234);
    CloseHandle(port);
}

static DWORD post_error(HANDLE port)
{
    return PostQueuedCompletionStatus(port, 0, 0, NULL) ? 0 : GetLastError();
}

static void refusals(void)
{
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);

    observe("N3", "open port", post_error(port), 0);
    observe("N3", "NULL", post_error(NULL), 6);
    observe("N3", "INVALID_HANDLE_VALUE", post_error(INVALID_HANDLE_VALUE), 6);
    observe("N3", "event", post_error(event), 6);
    CloseHandle(port);
    observe("N3", "closed port", post_error(port), 6);
    CloseHandle(event);
}

static DWORD WINAPI post_three(LPVOID port)
{
    int i;
    for (i = 1; i <= 3; i++)
        PostQueuedCompletionStatus((HANDLE)port, 0, i, NULL);
    return 0;
}

/* From another thread, and from a thread that has just dequeued; I/O packets and posted ones in one line. */
static void any_thread_posts(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 50);
    join_thread(start_thread(post_three, port));
    observe_packet("N4", "first of another thread", port, NULL, "TRUE key 1 bytes 0 own");
    require(PostQueuedCompletionStatus(port, 0, 4, NULL));
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    require(receive(pair.here, &byte, 1, &ov) == 0);
    require(PostQueuedCompletionStatus(port, 0, 5, NULL));
    observe_packet("N4", "second of another thread", port, NULL, "TRUE key 2 bytes 0 own");
    observe_packet("N4", "third of another thread", port, NULL, "TRUE key 3 bytes 0 own");
    observe_packet("N4", "posted by the dequeuer", port, NULL, "TRUE key 4 bytes 0 own");
    observe_packet("N4", "receive in between", port, &ov, "TRUE key 50 bytes 1 own");
    observe_packet("N4", "posted after the receive", port, NULL, "TRUE key 5 bytes 0 own");
    CloseHandle(port);
    close_pair(pair);
}

OBSERVE({ "delivered_verbatim", delivered_verbatim }, { "overlapped_not_written", overlapped_not_written },
        { "refusals", refusals }, { "any_thread_posts", any_thread_posts })
