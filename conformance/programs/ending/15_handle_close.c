/* Section 15, second part: what becomes of operations when handles close (TX3, TX4, TX7 to TX9). */
#include "../../support/fixtures.h"

/* The portable form of TX3 for a connected stream: 1236 now, 995 or 64 elsewhere. Longshore promises 1236. */
static void closing_a_connection(int by_close_handle, int with_event)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(with_event ? event : NULL);
    char byte, what[96];

#define NAMED(text)                                                                            \
    (snprintf(what, sizeof what, "stream closed by %s%s: %s", by_close_handle ? "CloseHandle" : "closesocket", \
              with_event ? ", event" : "", text), what)
    bind_socket(port, pair.here, 1);
    pend_receive(pair.here, &byte, 1, &ov);
    if (by_close_handle)
        CloseHandle((HANDLE)pair.here);
    else
        closesocket(pair.here);
    observe_packet("TX3", NAMED("packet"), port, &ov, "FALSE/1236 key 1 bytes 0 own");
    observe_hex("TX3", NAMED("status"), status_of(&ov), 0xC0000241);
    if (with_event)
        observe("TX3", NAMED("event signaled"), is_signaled(event), 1);
    observe("TX3", NAMED("packets beyond it"), packets_left(port), 0);
#undef NAMED
    closesocket(pair.peer);
    CloseHandle(event);
    CloseHandle(port);
}

static void streams(void)
{
    closing_a_connection(0, 0);
    closing_a_connection(1, 0);
    closing_a_connection(0, 1);
}

static void other_types(void)
{
    SOCKET datagrams = new_datagram_socket(), listener = new_listener(), acceptor = new_socket(SOCK_STREAM);
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE port = new_port(0), file = open_overlapped(&path);
    OVERLAPPED ov = overlapped_at(0);
    struct dequeued got;
    DWORD bytes;
    char buffer[128];

    bind_socket(port, datagrams, 2);
    bind_socket(port, listener, 3);
    bind_to(port, file, 4);
    pend_receive(datagrams, buffer, 1, &ov);
    closesocket(datagrams);
    observe_packet("TX3", "datagram receive", port, &ov, "FALSE/995 key 2 bytes 0 own");
    require(!AcceptEx(listener, acceptor, buffer, 0, 32, 32, &bytes, &ov));
    closesocket(listener);
    observe_packet("TX3", "AcceptEx", port, &ov, "FALSE/995 key 3 bytes 0 own");
    ov = overlapped_at(0);
    if (!ReadFile(file, buffer, 3, NULL, &ov))
        require(GetLastError() == ERROR_IO_PENDING);
    CloseHandle(file);
    got = dequeue(port, PATIENCE_MS);
    observe("TX3", "disk read: done, or 995", got.ov == &ov && (got.ok ? got.bytes == 3 : got.error == 995), 1);
    closesocket(acceptor);
    CloseHandle(port);
    remove_file(&path);
}

/* Which handle issued and which closes first makes no difference: the last close ends the operation. */
static void last_of_two(int issue_on_duplicate, int close_duplicate_first)
{
    struct tcp_pair pair = connected_pair();
    HANDLE self = GetCurrentProcess(), port = new_port(0), duplicate = NULL;
    OVERLAPPED ov = overlapped_at(0);
    char byte, what[96];

#define NAMED(text)                                                                            \
    (snprintf(what, sizeof what, "issued on the %s, %s closed first: %s",                      \
              issue_on_duplicate ? "duplicate" : "original",                                   \
              close_duplicate_first ? "duplicate" : "original", text), what)
    bind_socket(port, pair.here, 5);
    require(DuplicateHandle(self, (HANDLE)pair.here, self, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    pend_receive(issue_on_duplicate ? (SOCKET)duplicate : pair.here, &byte, 1, &ov);
    CloseHandle(close_duplicate_first ? duplicate : (HANDLE)pair.here);
    observe_no_packet("TX4", NAMED("packet after the first close"), port);
    CloseHandle(close_duplicate_first ? (HANDLE)pair.here : duplicate);
    observe_packet("TX4", NAMED("packet after the last close"), port, &ov, "FALSE/1236 key 5 bytes 0 own");
#undef NAMED
    closesocket(pair.peer);
    CloseHandle(port);
}

static void duplicates(void)
{
    int i;
    for (i = 0; i < 4; i++)
        last_of_two(i & 1, i >> 1);
}

static void operation_goes_on_through_a_duplicate(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE self = GetCurrentProcess(), port = new_port(0), duplicate = NULL;
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 5);
    require(DuplicateHandle(self, (HANDLE)pair.here, self, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    pend_receive(pair.here, &byte, 1, &ov);
    CloseHandle((HANDLE)pair.here);
    send_text(pair.peer, "x");
    observe_packet("TX4", "data after the original closed", port, &ov, "TRUE key 5 bytes 1 own");
    CloseHandle(duplicate);
    closesocket(pair.peer);
    CloseHandle(port);
}

static void idle_files(void)
{
    struct tcp_pair pair = connected_pair();
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE port = new_port(0), file = open_overlapped(&path);

    bind_socket(port, pair.here, 7);
    bind_to(port, file, 8);
    closesocket(pair.here);
    CloseHandle(file);
    observe_no_packet("TX7", "packets of idle files", port);
    closesocket(pair.peer);
    CloseHandle(port);
    remove_file(&path);
}

/* The peer of a closed socket must see the end at once, although a receive was pending; and nothing may leak. */
#ifdef __linux__
#define CLOSES 1500
#else
#define CLOSES 200
#endif

static void descriptors_are_freed(void)
{
    HANDLE port = new_port(0);
    SOCKET listener = new_listener();
    int i, packets = 0, ends = 0;

    for (i = 0; i < CLOSES && packets == i; i++) {
        SOCKET client = connect_to(listener), s = accept(listener, NULL, NULL);
        OVERLAPPED ov = overlapped_at(0);
        char byte;
        require(s != INVALID_SOCKET);
        bind_socket(port, s, 1);
        pend_receive(s, &byte, 1, &ov);
        closesocket(s);
        packets += dequeue(port, PATIENCE_MS).ov == &ov;
        ends += received(client, &byte, 1) <= 0;
        reset_connection(client);
    }
    observe("TX8", "receives not ended by the close", CLOSES - packets, 0);
    observe("TX8", "peers that did not see the end", CLOSES - ends, 0);
    closesocket(listener);
    CloseHandle(port);
}

static void packets_outlive_files(void)
{
    struct tcp_pair pair = connected_pair(), successor;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 9);
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    require(receive(pair.here, &byte, 1, &ov) == 0);
    closesocket(pair.here);
    successor = connected_pair();
    bind_socket(port, successor.here, 10);
    observe_packet("TX9", "packet of a closed socket", port, &ov, "TRUE key 9 bytes 1 own");
    observe("TX9", "packets beyond it", packets_left(port), 0);
    closesocket(pair.peer);
    close_pair(successor);
    CloseHandle(port);
}

OBSERVE({ "streams", streams }, { "other_types", other_types }, { "duplicates", duplicates },
        { "operation_goes_on_through_a_duplicate", operation_goes_on_through_a_duplicate },
        { "idle_files", idle_files }, { "descriptors_are_freed", descriptors_are_freed },
        { "packets_outlive_files", packets_outlive_files })
