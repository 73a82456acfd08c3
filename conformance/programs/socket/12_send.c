/* Section 12, second part: sending on streams (S5, S17, S19, S22, S23) and files' calls on sockets (S15). */
#include "../../support/fixtures.h"

#define MEGABYTE (1 << 20)

struct drain {
    SOCKET s;
    unsigned wanted, got;
    int wrong;
};

/* Receives what was sent, each byte checked against its place in the stream. */
static DWORD WINAPI drain_stream(LPVOID argument)
{
    struct drain *drain = (struct drain *)argument;
    static char buffer[65536];
    while (drain->got < drain->wanted) {
        int i, count = recv(drain->s, buffer, sizeof buffer, 0);
        if (count <= 0)
            break;
        for (i = 0; i < count; i++)
            drain->wrong += (unsigned char)buffer[i] != (unsigned char)((drain->got + i) % 251);
        drain->got += count;
    }
    return 0;
}

static char *numbered(unsigned length)
{
    char *bytes = (char *)malloc(length);
    unsigned i;
    require(bytes != NULL);
    for (i = 0; i < length; i++)
        bytes[i] = (char)(i % 251);
    return bytes;
}

static void all_or_nothing(void)
{
    struct tcp_pair pair = connected_pair();
    struct drain drain = { pair.peer, MEGABYTE, 0, 0 };
    HANDLE port = new_port(0), thread;
    OVERLAPPED ov = overlapped_at(0);
    char *bytes = numbered(MEGABYTE);
    int none = 0;

    bind_socket(port, pair.here, 5);
    require(setsockopt(pair.here, SOL_SOCKET, SO_SNDBUF, (char *)&none, sizeof none) == 0);
    observe("S5", "send of 1 MiB without buffering", transmit(pair.here, bytes, MEGABYTE, &ov), WSA_IO_PENDING);
    observe_no_packet("S5", "packet before the peer took any", port);
    thread = start_thread(drain_stream, &drain);
    observe_packet("S5", "packet when the peer has taken it", port, &ov, "TRUE key 5 bytes 1048576 own");
    join_thread(thread);
    observe("S5", "bytes that arrived", drain.got, MEGABYTE);
    observe("S5", "bytes out of place", drain.wrong, 0);
    free(bytes);
    CloseHandle(port);
    close_pair(pair);
}

/* More than any buffer holds, in four sends: each whole, in their order. */
static void queued_sends(void)
{
    struct tcp_pair pair = connected_pair();
    struct drain drain = { pair.peer, 32 * MEGABYTE, 0, 0 };
    HANDLE port = new_port(0), thread;
    OVERLAPPED ov[4];
    char *bytes = numbered(32 * MEGABYTE);
    int i;

    bind_socket(port, pair.here, 5);
    for (i = 0; i < 4; i++) {
        DWORD error;
        ov[i] = overlapped_at(0);
        error = transmit(pair.here, bytes + i * 8 * MEGABYTE, 8 * MEGABYTE, &ov[i]);
        require(error == 0 || error == WSA_IO_PENDING);
    }
    thread = start_thread(drain_stream, &drain);
    observe_packet("S5", "first of four sends", port, &ov[0], "TRUE key 5 bytes 8388608 own");
    observe_packet("S5", "second of four sends", port, &ov[1], "TRUE key 5 bytes 8388608 own");
    observe_packet("S5", "third of four sends", port, &ov[2], "TRUE key 5 bytes 8388608 own");
    observe_packet("S5", "fourth of four sends", port, &ov[3], "TRUE key 5 bytes 8388608 own");
    join_thread(thread);
    observe("S5", "bytes of the four that arrived", drain.got, 32 * MEGABYTE);
    observe("S5", "bytes of the four out of place", drain.wrong, 0);
    free(bytes);
    CloseHandle(port);
    close_pair(pair);
}

/* SO_SNDBUF 0: a small send still pends, or is done, but never before the transport has it. */
static void no_send_buffer(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    int none = 0, length = sizeof none, value = -1;
    char buffer[8];
    DWORD error;

    bind_socket(port, pair.here, 17);
    observe("S17", "SO_SNDBUF 0 accepted", setsockopt(pair.here, SOL_SOCKET, SO_SNDBUF, (char *)&none, sizeof none), 0);
    observe("S17", "SO_SNDBUF read back", getsockopt(pair.here, SOL_SOCKET, SO_SNDBUF, (char *)&value, &length) ? -1
                                                                                                            : value, 0);
    error = transmit(pair.here, "abc", 3, &ov);
    observe("S17", "send done or pending", error == 0 || error == WSA_IO_PENDING, 1);
    observe("S17", "peer has it", received(pair.peer, buffer, 8), 3);
    observe_packet("S17", "packet", port, &ov, "TRUE key 17 bytes 3 own");
    CloseHandle(port);
    close_pair(pair);
}

/* ---- S19: frames of several threads ---- */
#define SENDERS 4
#define FRAMES 100
#define FRAME 3000

struct framer {
    SOCKET s;
    char letter;
    int failed;
};

static DWORD WINAPI send_frames(LPVOID argument)
{
    struct framer *framer = (struct framer *)argument;
    HANDLE event = new_event(TRUE, FALSE);
    char frame[FRAME];
    int i;

    memset(frame, framer->letter, sizeof frame);
    for (i = 0; i < FRAMES; i++) {
        OVERLAPPED ov = overlapped_with(event);
        DWORD bytes = 0, flags, error = transmit(framer->s, frame, sizeof frame, &ov);
        framer->failed += error != 0 && error != WSA_IO_PENDING;
        framer->failed += !WSAGetOverlappedResult(framer->s, &ov, &bytes, TRUE, &flags) || bytes != FRAME;
    }
    CloseHandle(event);
    return 0;
}

static void frames_stay_whole(void)
{
    struct tcp_pair pair = connected_pair();
    struct framer framers[SENDERS];
    HANDLE threads[SENDERS];
    static char all[SENDERS * FRAMES * FRAME];
    int i, j, got = 0, torn = 0, failed = 0;

    for (i = 0; i < SENDERS; i++) {
        framers[i].s = pair.here;
        framers[i].letter = (char)('A' + i);
        framers[i].failed = 0;
        threads[i] = start_thread(send_frames, &framers[i]);
    }
    while (got < (int)sizeof all) {
        int count = recv(pair.peer, all + got, (int)sizeof all - got, 0);
        if (count <= 0)
            break;
        got += count;
    }
    for (i = 0; i < SENDERS; i++) {
        join_thread(threads[i]);
        failed += framers[i].failed;
    }
    for (i = 0; i < SENDERS * FRAMES; i++)
        for (j = 1; j < FRAME; j++)
            torn += all[i * FRAME + j] != all[i * FRAME];
    observe("S19", "sends failed or short", failed, 0);
    observe("S19", "bytes that arrived", got, SENDERS * FRAMES * FRAME);
    observe("S19", "no frame is torn", torn == 0, 1);
    close_pair(pair);
}

/* ---- S22: SKIP, and sync results taken as final ---- */
#ifdef __linux__
#define PINGS 100000
#else
#define PINGS 3000
#endif

static DWORD WINAPI echo_bytes(LPVOID socket)
{
    char byte;
    while (recv(*(SOCKET *)socket, &byte, 1, 0) == 1)
        send(*(SOCKET *)socket, &byte, 1, 0);
    return 0;
}

static void sync_results_are_final(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), thread = start_thread(echo_bytes, &pair.peer);
    u_long off = 0;
    int i, lost = 0, strange = 0;

    require(ioctlsocket(pair.here, FIONBIO, &off) == 0);
    bind_socket(port, pair.here, 22);
    require(SetFileCompletionNotificationModes((HANDLE)pair.here, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                                      FILE_SKIP_SET_EVENT_ON_HANDLE));
    for (i = 0; i < PINGS && !lost; i++) {
        OVERLAPPED sending = overlapped_at(0), receiving = overlapped_at(0);
        char out = (char)i, in = 0;
        int expected = 0;
        expected += transmit(pair.here, &out, 1, &sending) == WSA_IO_PENDING;
        expected += receive(pair.here, &in, 1, &receiving) == WSA_IO_PENDING;
        while (expected > 0 && !lost) {
            struct dequeued got = dequeue(port, PATIENCE_MS);
            lost = got.ov == NULL;
            strange += got.ov != NULL && (!got.ok || got.bytes != 1);
            expected--;
        }
        strange += in != out;
    }
    observe("S22", "all ping-pongs done", i == PINGS, 1);
    observe("S22", "packets lost", lost, 0);
    observe("S22", "packets or bytes that were wrong", strange, 0);
    i = packets_left(port);
    observe("S22", "packets of operations done at once", i, 0);
    observe("M6", "packets lost or doubled by SKIP", lost + strange + i, 0);
    shutdown(pair.here, SD_SEND);
    join_thread(thread);
    CloseHandle(port);
    close_pair(pair);
}

/* A nonblocking send takes all of it or fails with 10035; what was taken survives closesocket. */
static void nonblocking_send(void)
{
    enum { SENT_AT_ONCE = 16 * MEGABYTE };
    struct tcp_pair pair = connected_pair();
    struct drain drain = { pair.peer, 0, 0, 0 };
    HANDLE thread;
    u_long on = 1;
    char *bytes = numbered(SENT_AT_ONCE);
    unsigned accepted = 0;
    int i, partial = 0, result = 0;

    require(ioctlsocket(pair.here, FIONBIO, &on) == 0);
    for (i = 0; i < 8; i++) {
        result = send(pair.here, bytes, SENT_AT_ONCE, 0);
        if (result < 0)
            break;
        partial += result != SENT_AT_ONCE;
        accepted += result;
    }
    observe("S23", "sends refused in the end", result < 0 ? WSAGetLastError() : 0, WSAEWOULDBLOCK);
    observe("S23", "sends that took a part", partial, 0);
    observe("S23", "the first was taken", accepted > 0, 1);
    observe("S23", "CancelIoEx finds nothing", CancelIoEx((HANDLE)pair.here, NULL) ? 0 : GetLastError(),
            ERROR_NOT_FOUND);
    drain.wanted = 0xFFFFFFFFu;
    thread = start_thread(drain_stream, &drain);
    closesocket(pair.here);
    join_thread(thread);
    observe("S23", "the peer reads exactly what was taken", drain.got == accepted, 1);
    free(bytes);
    closesocket(pair.peer);
}

static void file_calls_on_sockets(void)
{
    struct tcp_pair pair = connected_pair(), resetting = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(2), negative = overlapped_at(0);
    DWORD bytes = 0;
    char buffer[8];
    BOOL ok;

    bind_socket(port, pair.here, 15);
    bind_socket(port, resetting.here, 16);
    ok = WriteFile((HANDLE)pair.here, "abc", 3, NULL, &ov);
    observe("S15", "WriteFile at offset 2", ok || GetLastError() == ERROR_IO_PENDING, 1);
    observe_packet("S15", "its packet", port, &ov, "TRUE key 15 bytes 3 own");
    observe("S15", "the peer has all of it", received(pair.peer, buffer, 8), 3);
    ov = overlapped_at(0);
    observe("S15", "ReadFile", ReadFile((HANDLE)pair.here, buffer, 8, NULL, &ov) ? 0 : GetLastError(),
            ERROR_IO_PENDING);
    send_text(pair.peer, "de");
    observe_packet("S15", "its packet with data", port, &ov, "TRUE key 15 bytes 2 own");
    ov = overlapped_at(0);
    observe("S15", "ReadFile on a connection to be reset",
            ReadFile((HANDLE)resetting.here, buffer, 8, NULL, &ov) ? 0 : GetLastError(), ERROR_IO_PENDING);
    reset_connection(resetting.peer);
    observe_packet("S15", "its Win32 error", port, &ov, "FALSE/64 key 16 bytes 0 own");
    observe("S15", "WriteFile without OVERLAPPED",
            WriteFile((HANDLE)pair.here, "abc", 3, &bytes, NULL) ? 0 : GetLastError(), 87);
    negative.OffsetHigh = 0x80000000;
    observe("S15", "WriteFile at a negative offset",
            WriteFile((HANDLE)pair.here, "abc", 3, NULL, &negative) ? 0 : GetLastError(), 87);
    CloseHandle(port);
    closesocket(resetting.here);
    close_pair(pair);
}

OBSERVE({ "all_or_nothing", all_or_nothing }, { "queued_sends", queued_sends }, { "no_send_buffer", no_send_buffer },
        { "frames_stay_whole", frames_stay_whole }, { "sync_results_are_final", sync_results_are_final },
        { "nonblocking_send", nonblocking_send }, { "file_calls_on_sockets", file_calls_on_sockets })
