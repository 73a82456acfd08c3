/* Section 18, second part: completion routines of files and sockets (AP4, AP6, AP7). */
#include "../../support/fixtures.h"

static struct {
    int calls;
    DWORD error, bytes, thread;
    OVERLAPPED *ov;
} called;

static void CALLBACK routine(DWORD error, DWORD bytes, LPOVERLAPPED ov)
{
    called.calls++;
    called.error = error;
    called.bytes = bytes;
    called.ov = ov;
    called.thread = GetCurrentThreadId();
}

/* Waits alertably until the routine has been called `calls` times, or gives up. */
static int await_calls(int calls)
{
    int tries;
    for (tries = 0; tries < 30 && called.calls < calls; tries++)
        SleepEx(50, TRUE);
    return called.calls == calls;
}

static void file_routines(void)
{
    struct temp_file path = temp_file_with("abcdef", 6);
    HANDLE file = open_overlapped(&path);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8];

    observe("AP4", "ReadFileEx without OVERLAPPED",
            ReadFileEx(file, buffer, 6, NULL, routine) ? 0 : GetLastError(), 87);
    observe("AP4", "WriteFileEx without OVERLAPPED", WriteFileEx(file, "x", 1, NULL, routine) ? 0 : GetLastError(), 87);
    ov.hEvent = (HANDLE)(ULONG_PTR)0x12345677;
    SetLastError(PREFILL);
    observe("AP4", "ReadFileEx", ReadFileEx(file, buffer, 6, &ov, routine) != 0, 1);
    observe("AP4", "last error after ReadFileEx", GetLastError(), 0);
    Sleep(QUIET_MS);
    observe("AP4", "called without an alertable wait", called.calls, 0);
    observe("AP4", "called in an alertable wait", await_calls(1), 1);
    observe("AP4", "its error", called.error, 0);
    observe("AP4", "its bytes", called.bytes, 6);
    observe("AP4", "its OVERLAPPED", called.ov == &ov, 1);
    observe("AP4", "on the issuing thread", called.thread == GetCurrentThreadId(), 1);
    observe("AP4", "hEvent is the program's", ov.hEvent == (HANDLE)(ULONG_PTR)0x12345677, 1);
    ov = overlapped_at(6);
    observe("AP4", "WriteFileEx", WriteFileEx(file, "gh", 2, &ov, routine) != 0, 1);
    observe("AP4", "called for the write", await_calls(2), 1);
    observe("AP4", "bytes of the write", called.bytes, 2);
    observe("AP4", "size of the file", size_of(file), 8);
    ov = overlapped_at(100);
    if (ReadFileEx(file, buffer, 6, &ov, routine)) {
        observe("AP4", "read past the end: routine with 38, or refused with 38",
                await_calls(3) && called.error == ERROR_HANDLE_EOF && called.bytes == 0, 1);
    } else {
        observe("AP4", "read past the end: routine with 38, or refused with 38", GetLastError(), ERROR_HANDLE_EOF);
    }
    CloseHandle(file);
    remove_file(&path);
}

static void socket_by_file_calls(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8];

    called.calls = 0;
    observe("AP4", "ReadFileEx on a socket", ReadFileEx((HANDLE)pair.here, buffer, 8, &ov, routine) != 0, 1);
    send_text(pair.peer, "abc");
    observe("AP4", "called for the socket", await_calls(1), 1);
    observe("AP4", "bytes from the socket", called.bytes, 3);
    require(ReadFileEx((HANDLE)pair.here, buffer, 8, &ov, routine));
    require(CancelIo((HANDLE)pair.here));
    observe("AP4", "called for the cancelled one", await_calls(2), 1);
    observe("AP4", "its error is 995", called.error, ERROR_OPERATION_ABORTED);
    observe("AP4", "its bytes are 0", called.bytes, 0);
    close_pair(pair);
}

/* ---- Winsock's routines ---- */

static struct {
    int calls, nested, deepest;
    DWORD error[8], bytes[8];
    OVERLAPPED *ov[8];
} winsock;

static void CALLBACK winsock_routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)flags;
    winsock.nested++;
    if (winsock.nested > winsock.deepest)
        winsock.deepest = winsock.nested;
    winsock.error[winsock.calls] = error;
    winsock.bytes[winsock.calls] = bytes;
    winsock.ov[winsock.calls] = (OVERLAPPED *)ov;
    winsock.calls++;
    winsock.nested--;
}

static int await_winsock_calls(int calls)
{
    int tries;
    for (tries = 0; tries < 30 && winsock.calls < calls; tries++)
        SleepEx(50, TRUE);
    return winsock.calls == calls;
}

static DWORD receive_with_routine(SOCKET s, char *buffer, DWORD length, OVERLAPPED *ov)
{
    WSABUF one;
    DWORD flags = 0;
    one.buf = buffer;
    one.len = length;
    return WSARecv(s, &one, 1, NULL, &flags, ov, winsock_routine) == 0 ? 0 : (DWORD)WSAGetLastError();
}

static void winsock_routines(void)
{
    struct tcp_pair pair = connected_pair();
    SOCKET datagrams = new_datagram_socket(), peer = new_datagram_socket();
    OVERLAPPED ov[3] = { overlapped_at(0), overlapped_at(0), overlapped_at(0) };
    char first[4], second[4];
    WSABUF one;

    observe("AP6", "first receive", receive_with_routine(pair.here, first, 2, &ov[0]), WSA_IO_PENDING);
    observe("AP6", "second receive", receive_with_routine(pair.here, second, 2, &ov[1]), WSA_IO_PENDING);
    send_text(pair.peer, "abcd");
    Sleep(QUIET_MS);
    observe("AP6", "called without an alertable wait", winsock.calls, 0);
    observe("AP6", "both called in an alertable wait", await_winsock_calls(2), 1);
    observe("AP6", "never one within another", winsock.deepest, 1);
    observe("AP6", "buffers filled in issue order", memcmp(first, "ab", 2) == 0 && memcmp(second, "cd", 2) == 0, 1);
    observe("AP6", "errors", winsock.error[0] + winsock.error[1], 0);
    observe("AP6", "bytes of both", winsock.bytes[0] == 2 && winsock.bytes[1] == 2, 1);
    observe("AP6", "OVERLAPPEDs in issue order", winsock.ov[0] == &ov[0] && winsock.ov[1] == &ov[1], 1);

    one.buf = first;
    one.len = 4;
    observe("AP6", "send with a routine", WSASend(pair.here, &one, 1, NULL, 0, &ov[2], winsock_routine)
                                              ? WSAGetLastError() : 0, 0);
    observe("AP6", "called for the send, although it was done at once", await_winsock_calls(3), 1);
    observe("AP6", "bytes sent", winsock.bytes[2], 4);

    send_datagram(peer, datagrams, "0123456789", 10);
    require(readable_in_time(datagrams));
    receive_with_routine(datagrams, second, 4, &ov[0]);
    observe("AP6", "called for the truncated datagram", await_winsock_calls(4), 1);
    observe("AP6", "its Winsock error", winsock.error[3], WSAEMSGSIZE);
    observe("AP6", "its bytes", winsock.bytes[3], 4);
    require(receive_with_routine(pair.here, first, 4, &ov[0]) == WSA_IO_PENDING);
    reset_connection(pair.peer);
    observe("AP6", "called for the reset", await_winsock_calls(5), 1);
    observe("AP6", "the reset's Winsock error", winsock.error[4], WSAECONNRESET);
    closesocket(pair.here);
    closesocket(datagrams);
    closesocket(peer);
}

static void bound_later(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0), afterwards = overlapped_at(0);
    char buffer[8];

    winsock.calls = 0;
    require(receive_with_routine(pair.here, buffer, 2, &ov) == WSA_IO_PENDING);
    bind_socket(port, pair.here, 7);
    send_text(pair.peer, "ab");
    observe_no_packet("AP7", "packet of an operation older than the binding, with a routine", port);
    observe("AP7", "its routine is called", await_winsock_calls(1), 1);
    pend_receive(pair.here, buffer, 2, &afterwards);
    send_text(pair.peer, "cd");
    observe_packet("AP7", "an operation begun afterwards", port, &afterwards, "TRUE key 7 bytes 2 own");
    CloseHandle(port);
    close_pair(pair);
}

OBSERVE({ "file_routines", file_routines }, { "socket_by_file_calls", socket_by_file_calls },
        { "winsock_routines", winsock_routines }, { "bound_later", bound_later })
