/*
 * Section 16, third part: WSAGetOverlappedResult (R13), and the two status translations (tables 19a and 19b)
 * run through fabricated OVERLAPPEDs.
 */
#include "../../support/fixtures.h"
#include "../../support/statuses.h"

static void win32_errors(void)
{
    size_t i;
    for (i = 0; i < sizeof to_win32 / sizeof to_win32[0]; i++) {
        OVERLAPPED ov = overlapped_at(0);
        DWORD bytes = PREFILL;
        BOOL ok;
        char what[64];

        ov.Internal = to_win32[i].status;
        ov.InternalHigh = 0xabcd;
        SetLastError(PREFILL);
        ok = GetOverlappedResult(NULL, &ov, &bytes, FALSE);
        snprintf(what, sizeof what, "%08x %s", to_win32[i].status, to_win32[i].name);
        observe("19a", what, ok ? 0 : GetLastError(), to_win32[i].error);
        if (bytes != 0xabcd)
            observe_hex("R5", what, bytes, 0xabcd);
    }
}

static void winsock_errors(void)
{
    SOCKET s = new_socket(SOCK_STREAM);
    size_t i;
    for (i = 0; i < sizeof to_winsock / sizeof to_winsock[0]; i++) {
        OVERLAPPED ov = overlapped_at(0);
        DWORD bytes = PREFILL, flags = PREFILL;
        BOOL ok;
        char what[64];

        ov.Internal = to_winsock[i].status;
        ov.InternalHigh = 0xabcd;
        WSASetLastError(PREFILL);
        ok = WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &flags);
        snprintf(what, sizeof what, "%08x %s", to_winsock[i].status, to_winsock[i].name);
        observe("19b", what, ok ? 0 : WSAGetLastError(), to_winsock[i].error);
    }
    closesocket(s);
}

/* TRUE exactly for success codes: what is no error and no warning. */
static void truth(void)
{
    static const unsigned successes[] = { 0, 0x10B, 0x10C, 0x40000000 };
    SOCKET s = new_socket(SOCK_STREAM);
    OVERLAPPED ov = overlapped_at(0);
    DWORD bytes, flags;
    size_t i;
    char what[64];

    for (i = 0; i < sizeof successes / sizeof successes[0]; i++) {
        ov.Internal = successes[i];
        ov.InternalHigh = 7;
        bytes = flags = PREFILL;
        snprintf(what, sizeof what, "%08x is TRUE", successes[i]);
        observe("R13", what, WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &flags) != 0, 1);
        snprintf(what, sizeof what, "%08x: bytes", successes[i]);
        observe("R13", what, bytes, 7);
        snprintf(what, sizeof what, "%08x: flags set", successes[i]);
        observe("R13", what, flags != PREFILL, 1);
    }
    ov.Internal = PENDING;
    observe("R13", "pending, no wait", WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(),
            WSA_IO_INCOMPLETE);
    closesocket(s);
}

static LONG apcs;

static void CALLBACK count_apc(ULONG_PTR argument)
{
    (void)argument;
    apcs++;
}

static DWORD WINAPI send_later(LPVOID peer)
{
    Sleep(QUIET_MS);
    send_text(*(SOCKET *)peer, "abc");
    return 0;
}

static void bad_sockets_and_waits(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE event = new_event(TRUE, FALSE), thread;
    OVERLAPPED ov = overlapped_at(0);
    DWORD bytes = 0, flags = PREFILL;
    char buffer[8];

    observe("R13", "INVALID_SOCKET",
            WSAGetOverlappedResult(INVALID_SOCKET, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAENOTSOCK);
    observe("R13", "an event",
            WSAGetOverlappedResult((SOCKET)event, &ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError(), WSAENOTSOCK);
    ov = overlapped_with(event);
    pend_receive(pair.here, buffer, 8, &ov);
    require(QueueUserAPC(count_apc, GetCurrentThread(), 0));
    thread = start_thread(send_later, &pair.peer);
    observe("R13", "wait for data", WSAGetOverlappedResult(pair.here, &ov, &bytes, TRUE, &flags) && bytes == 3, 1);
    observe("R13", "flags after the wait", flags, 0);
    observe("R13", "APCs run by the wait", apcs, 0);
    SleepEx(0, TRUE);
    join_thread(thread);
    CloseHandle(event);
    close_pair(pair);
}

OBSERVE({ "win32_errors", win32_errors }, { "winsock_errors", winsock_errors }, { "truth", truth },
        { "bad_sockets_and_waits", bad_sockets_and_waits })
