/* Section 18, third part: operations that end in a pool's callback (TP1 to TP3). */
#include "../../support/fixtures.h"

static struct {
    volatile LONG calls;
    DWORD error;
    DWORD bytes;
    OVERLAPPED *ov;
    volatile LONG running, gate;
} pooled;

static void forget_calls(void)
{
    memset(&pooled, 0, sizeof pooled);
}

static void CALLBACK bound_callback(DWORD error, DWORD bytes, LPOVERLAPPED ov)
{
    pooled.error = error;
    pooled.bytes = bytes;
    pooled.ov = ov;
    InterlockedIncrement(&pooled.calls);
}

static void binding_to_the_default_pool(void)
{
    struct tcp_pair pair = connected_pair();
    struct temp_file path = temp_file_with("abcdef", 6);
    HANDLE sync_file = open_file(&path, GENERIC_READ, 0), file = open_overlapped(&path);
    HANDLE spare = open_overlapped(&path), other = open_overlapped(&path);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8];
    DWORD error;

    observe("TP1", "sync file", BindIoCompletionCallback(sync_file, bound_callback, 0) ? 0 : GetLastError(), 87);
    observe("TP1", "NULL callback", BindIoCompletionCallback(spare, NULL, 0) ? 0 : GetLastError(), 87);
    error = BindIoCompletionCallback(NULL, bound_callback, 0) ? 0 : GetLastError();
    observe("TP1", "NULL handle: 6 or 87", error == 6 || error == 87, 1);
    observe("TP1", "flags", BindIoCompletionCallback(other, bound_callback, 1) ? 0 : GetLastError() != 0, 1);
    CloseHandle(spare);
    CloseHandle(other);
    observe("TP1", "file", BindIoCompletionCallback(file, bound_callback, 0) != 0, 1);
    observe("TP1", "file again", BindIoCompletionCallback(file, bound_callback, 0) ? 0 : GetLastError(), 87);
    if (!ReadFile(file, buffer, 6, NULL, &ov))
        require(GetLastError() == ERROR_IO_PENDING);
    observe("TP1", "called for the read", becomes(&pooled.calls, 1), 1);
    observe("TP1", "error of the read is 0", pooled.error == 0, 1);
    observe("TP1", "bytes of the read", pooled.bytes, 6);
    observe("TP1", "its OVERLAPPED", pooled.ov == &ov, 1);

    forget_calls();
    observe("TP1", "socket", BindIoCompletionCallback((HANDLE)pair.here, bound_callback, 0) != 0, 1);
    ov = overlapped_at(0);
    pend_receive(pair.here, buffer, 8, &ov);
    send_text(pair.peer, "abc");
    observe("TP1", "called for the receive", becomes(&pooled.calls, 1), 1);
    observe("TP1", "bytes of the receive", pooled.bytes, 3);
    pend_receive(pair.here, buffer, 8, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    observe("TP1", "called for the cancelled receive", becomes(&pooled.calls, 2), 1);
    observe("TP1", "its error is not 0", pooled.error != 0, 1);
    CloseHandle(file);
    CloseHandle(sync_file);
    close_pair(pair);
    remove_file(&path);
}

static void CALLBACK io_callback(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID ov, ULONG result,
                                 ULONG_PTR bytes, PTP_IO io)
{
    (void)instance, (void)io;
    InterlockedIncrement(&pooled.running);
    pooled.error = result;
    pooled.bytes = (DWORD)bytes;
    pooled.ov = (OVERLAPPED *)ov;
    if (context != NULL)
        while (peek(&pooled.gate) == 0)
            Sleep(5);
    InterlockedIncrement(&pooled.calls);
}

static void pool_objects(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);
    HANDLE port = new_port(0);
    PTP_IO io;
    char buffer[8];

    forget_calls();
    io = CreateThreadpoolIo((HANDLE)pair.here, io_callback, NULL, NULL);
    observe("TP2", "CreateThreadpoolIo", io != NULL, 1);
    if (io == NULL)
        return;
    observe("TP2", "a second one", CreateThreadpoolIo((HANDLE)pair.here, io_callback, NULL, NULL) ? 0 : GetLastError(),
            87);
    observe("TP2", "a port", CreateIoCompletionPort((HANDLE)pair.here, port, 1, 0) ? 0 : GetLastError(), 87);
    StartThreadpoolIo(io);
    pend_receive(pair.here, buffer, 8, &ov);
    send_text(pair.peer, "abc");
    observe("TP2", "called for the receive", becomes(&pooled.calls, 1), 1);
    observe("TP2", "result", pooled.error, 0);
    observe("TP2", "bytes", pooled.bytes, 3);
    observe("TP2", "OVERLAPPED", pooled.ov == &ov, 1);
    StartThreadpoolIo(io);
    send_text(pair.peer, "ab");
    await_bytes(pair.here, 2);
    require(receive(pair.here, buffer, 8, &ov) == 0);
    observe("TP2", "called for a receive done at once", becomes(&pooled.calls, 2), 1);

    StartThreadpoolIo(io);
    observe("TP2", "an operation that fails at once", receive(INVALID_SOCKET, buffer, 8, &ov), WSAENOTSOCK);
    CancelThreadpoolIo(io);
    StartThreadpoolIo(io);
    pend_receive(pair.here, buffer, 8, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    observe("TP2", "called for the cancelled receive", becomes(&pooled.calls, 3), 1);
    observe("TP2", "its result is a Win32 code", pooled.error, ERROR_OPERATION_ABORTED);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    observe("TP2", "calls in all", pooled.calls, 3);
    CloseThreadpoolIo(io);
    CloseHandle(port);
    close_pair(pair);
}

struct waiting {
    PTP_IO io;
    volatile LONG done;
};

static DWORD WINAPI wait_for_callbacks(LPVOID argument)
{
    struct waiting *waiting = (struct waiting *)argument;
    WaitForThreadpoolIoCallbacks(waiting->io, FALSE);
    InterlockedExchange(&waiting->done, 1);
    return 0;
}

static void waiting_for_callbacks(void)
{
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);
    struct waiting waiting = { NULL, 0 };
    HANDLE thread;
    char buffer[8];

    forget_calls();
    waiting.io = CreateThreadpoolIo((HANDLE)pair.here, io_callback, &pooled, NULL);
    require(waiting.io != NULL);
    StartThreadpoolIo(waiting.io);
    pend_receive(pair.here, buffer, 8, &ov);
    send_text(pair.peer, "abc");
    observe("TP3", "callback runs", becomes(&pooled.running, 1), 1);
    thread = start_thread(wait_for_callbacks, &waiting);
    Sleep(QUIET_MS);
    observe("TP3", "the wait goes on while it runs", peek(&waiting.done), 0);
    InterlockedExchange(&pooled.gate, 1);
    observe("TP3", "the wait ends when it has ended", becomes(&waiting.done, 1), 1);
    observe("TP3", "calls", pooled.calls, 1);
    join_thread(thread);

    /* Closed while a callback runs: the callback ends in its own time. */
    InterlockedExchange(&pooled.gate, 0);
    StartThreadpoolIo(waiting.io);
    pend_receive(pair.here, buffer, 8, &ov);
    send_text(pair.peer, "abc");
    observe("TP3", "second callback runs", becomes(&pooled.running, 2), 1);
    CloseThreadpoolIo(waiting.io);
    observe("TP3", "closing did not wait for it", peek(&pooled.calls), 1);
    InterlockedExchange(&pooled.gate, 1);
    observe("TP3", "it ended all the same", becomes(&pooled.calls, 2), 1);
    Sleep(20);
    close_pair(pair);
}

OBSERVE({ "binding_to_the_default_pool", binding_to_the_default_pool }, { "pool_objects", pool_objects },
        { "waiting_for_callbacks", waiting_for_callbacks })
