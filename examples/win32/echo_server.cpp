// An echo server on an I/O completion port: several AcceptEx outstanding, a pool of worker threads, one
// operation under way per connection, an orderly stop on Ctrl-C.
//
//     echo_server [--port N] [--threads N] [--concurrency N] [--connections N] [--skip 0|1] [--seconds N]

#include <winsock2.h> // before windows.h, which would otherwise bring in the old winsock.h
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <process.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <set>

namespace {

const DWORD BUFFER_BYTES = 4096;
const DWORD ADDRESS_BYTES = sizeof(SOCKADDR_STORAGE) + 16; // AcceptEx wants 16 bytes more than the address itself
const unsigned ACCEPTS_MAX = 16;
const unsigned ROUNDS_MAX = 32;
const DWORD GRACE_MS = 1000;

struct Connection;

// What a packet points to. OVERLAPPED is its base, so the pointer a packet brings
// leads back to the operation.
struct Operation : OVERLAPPED {
    enum Kind { ACCEPT, RECEIVE, SEND } kind;
    Connection *connection;
};

// A connection has exactly one operation under way at any time. So whoever takes that operation's packet has
// the connection to itself: no lock, no reference count.
struct Connection {
    SOCKET socket;
    Operation receiving; // also the accept that comes first
    Operation sending;
    char buffer[BUFFER_BYTES];
    char addresses[2 * ADDRESS_BYTES];
};

unsigned port_number = 7777, threads_wanted, concurrency, connections_max = 10000, skip_on_success, seconds;

HANDLE port, stop_event, idle_event;
SOCKET listener = INVALID_SOCKET;
LPFN_ACCEPTEX accept_ex;

CRITICAL_SECTION lock; // guards what follows
std::set<Connection *> connections;
unsigned accepting;
unsigned long long served;
bool stopping;

void print_error(const char *what, DWORD error)
{
    char text[256];
    // IGNORE_INSERTS: without it a message with %1 in it makes FormatMessage read
    // arguments that are not there.
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text,
                                  sizeof text, NULL);
    while (length > 0 && (unsigned char)text[length - 1] <= ' ')
        --length;
    fprintf(stderr, "echo_server: %s: %.*s (error %u)\n", what, (int)length, text, (unsigned)error);
}

void forget(Connection *connection)
{
    EnterCriticalSection(&lock);
    connections.erase(connection);
    if (stopping && connections.empty())
        SetEvent(idle_event);
    LeaveCriticalSection(&lock);
    // Nobody else can find the connection any more, and its only operation is over: now nothing points to it.
    closesocket(connection->socket);
    delete connection;
}

DWORD start_accept(Connection *connection)
{
    Operation *operation = &connection->receiving;
    // Every use starts from a zeroed OVERLAPPED: what is left in hEvent would be signalled.
    static_cast<OVERLAPPED &>(*operation) = OVERLAPPED();
    operation->kind = Operation::ACCEPT;
    operation->connection = connection;
    DWORD bytes;
    // Receive length 0: the accept completes when a client connects. Otherwise a
    // client that never sends holds it.
    if (accept_ex(listener, connection->socket, connection->addresses, 0, ADDRESS_BYTES, ADDRESS_BYTES, &bytes,
                  operation))
        return ERROR_IO_PENDING; // success at once queues a packet too: treat it like any other
    return WSAGetLastError();
}

// Keeps accepts outstanding as long as there is room for connections. Called whenever that may have changed.
void refill_accepts()
{
    EnterCriticalSection(&lock);
    while (!stopping && accepting < ACCEPTS_MAX && connections.size() < connections_max) {
        Connection *connection = new (std::nothrow) Connection();
        if (connection == NULL)
            break;
        connections.insert(connection);
        connection->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
        DWORD error = connection->socket == INVALID_SOCKET ? WSAGetLastError() : start_accept(connection);
        if (error != ERROR_IO_PENDING) {
            // Out of sockets, perhaps: those outstanding go on, and main tries again in a second.
            print_error("AcceptEx", error);
            if (connection->socket != INVALID_SOCKET)
                closesocket(connection->socket);
            connections.erase(connection);
            delete connection;
            break;
        }
        ++accepting; // if its packet has come already, that one waits at the lock
    }
    LeaveCriticalSection(&lock);
}

// ERROR_IO_PENDING means: a packet will come, or has come already, and the connection is no longer ours;
// another thread may have freed it. A success at once queues a packet as well, unless the socket skips it.
DWORD start_receive(Connection *connection, DWORD *bytes)
{
    WSABUF buffer = {BUFFER_BYTES, connection->buffer}; // the WSABUF may die with this call, the buffer may not
    DWORD flags = 0;
    Operation *operation = &connection->receiving;
    static_cast<OVERLAPPED &>(*operation) = OVERLAPPED();
    operation->kind = Operation::RECEIVE;
    operation->connection = connection;
    if (WSARecv(connection->socket, &buffer, 1, bytes, &flags, operation, NULL) != 0)
        return WSAGetLastError();
    return skip_on_success ? ERROR_SUCCESS : ERROR_IO_PENDING;
}

DWORD start_send(Connection *connection, DWORD *bytes)
{
    WSABUF buffer = {*bytes, connection->buffer};
    Operation *operation = &connection->sending;
    static_cast<OVERLAPPED &>(*operation) = OVERLAPPED();
    operation->kind = Operation::SEND;
    operation->connection = connection;
    // On a stream this completes when all bytes are taken: there is no short send to continue.
    if (WSASend(connection->socket, &buffer, 1, bytes, 0, operation, NULL) != 0)
        return WSAGetLastError();
    return skip_on_success ? ERROR_SUCCESS : ERROR_IO_PENDING;
}

// Goes on from a finished operation until the next one is pending or the connection is over.
void serve(Connection *connection, Operation *done, DWORD bytes, DWORD error)
{
    for (unsigned round = 0; error == ERROR_SUCCESS; ++round) {
        // One busy client must not keep a worker: after some operations that
        // finished at once, back into the queue.
        if (round == ROUNDS_MAX && PostQueuedCompletionStatus(port, bytes, 0, done))
            return;
        if (done->kind == Operation::SEND) {
            done = &connection->receiving;
            error = start_receive(connection, &bytes);
        } else if (bytes > 0) {
            done = &connection->sending;
            error = start_send(connection, &bytes);
        } else {
            break; // a receive of nothing: the client has sent all it wanted to
        }
    }
    if (error == ERROR_IO_PENDING)
        return;
    forget(connection);
    refill_accepts();
}

void accepted(Connection *connection, DWORD error)
{
    EnterCriticalSection(&lock);
    --accepting;
    LeaveCriticalSection(&lock);
    refill_accepts(); // even after an error: it was that client's (it left early), not the listener's

    // Without this the socket does not know that it is connected: shutdown, getpeername and others fail.
    if (error == ERROR_SUCCESS && setsockopt(connection->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT,
                                             (const char *)&listener, sizeof listener) != 0)
        error = WSAGetLastError();
    BOOL on = TRUE;
    if (error == ERROR_SUCCESS &&
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on) != 0)
        error = WSAGetLastError();
    if (error == ERROR_SUCCESS && CreateIoCompletionPort((HANDLE)connection->socket, port, 0, 0) == NULL)
        error = GetLastError();
    if (error == ERROR_SUCCESS && skip_on_success &&
        !SetFileCompletionNotificationModes((HANDLE)connection->socket, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
        error = GetLastError();

    EnterCriticalSection(&lock);
    if (stopping)
        error = ERROR_OPERATION_ABORTED;
    else if (error == ERROR_SUCCESS)
        ++served;
    LeaveCriticalSection(&lock);
    DWORD bytes = 0;
    if (error == ERROR_SUCCESS)
        error = start_receive(connection, &bytes);
    if (error != ERROR_IO_PENDING)
        serve(connection, &connection->receiving, bytes, error);
}

unsigned __stdcall work(void *)
{
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        DWORD error = ok ? ERROR_SUCCESS : GetLastError();
        // FALSE with an OVERLAPPED is a packet: the operation failed, and its connection waits for us to
        // clean up. Only without one did the call itself fail.
        if (overlapped == NULL) {
            if (!ok)
                print_error("GetQueuedCompletionStatus", error);
            return 0; // TRUE and no OVERLAPPED: a quit packet
        }
        Operation *operation = static_cast<Operation *>(overlapped);
        if (operation->kind == Operation::ACCEPT)
            accepted(operation->connection, error);
        else
            serve(operation->connection, operation, bytes, error);
    }
}

// Runs on a thread of its own.
BOOL WINAPI on_console_event(DWORD event)
{
    SetEvent(stop_event);
    // After a close, logoff or shutdown event Windows ends the process as soon as the
    // handler returns: let main finish.
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(INFINITE);
    return TRUE;
}

// Ends all connections: what was received is still echoed, and then each one finds its socket
// shut. False if some did not end.
bool drain()
{
    EnterCriticalSection(&lock);
    stopping = true;
    if (connections.empty())
        SetEvent(idle_event);
    closesocket(listener); // the accepts come back with an error
    for (Connection *connection : connections) {
        // First shut, so that no new receive can start; then cancel the one that has.
        shutdown(connection->socket, SD_RECEIVE);
        CancelIoEx((HANDLE)connection->socket, &connection->receiving);
    }
    LeaveCriticalSection(&lock);
    for (int attempt = 0; WaitForSingleObject(idle_event, GRACE_MS) == WAIT_TIMEOUT; ++attempt) {
        if (attempt == 3)
            return false;
        // Clients that do not read. Cancelling only asks: the buffers stay the
        // system's until the packets have come.
        EnterCriticalSection(&lock);
        for (Connection *connection : connections)
            CancelIoEx((HANDLE)connection->socket, NULL);
        LeaveCriticalSection(&lock);
    }
    return true;
}

DWORD listen_on_loopback()
{
    listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (listener == INVALID_SOCKET)
        return WSAGetLastError();
    // SO_REUSEADDR on Windows would let another program take the port over; this keeps it ours.
    BOOL on = TRUE;
    setsockopt(listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on);
    sockaddr_in address = sockaddr_in();
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)port_number);
    int length = sizeof address;
    GUID id = WSAID_ACCEPTEX;
    DWORD bytes;
    if (bind(listener, (sockaddr *)&address, sizeof address) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (sockaddr *)&address, &length) != 0 ||
        WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &accept_ex, sizeof accept_ex, &bytes,
                 NULL, NULL) != 0)
        return WSAGetLastError();
    if (CreateIoCompletionPort((HANDLE)listener, port, 0, 0) == NULL) // AcceptEx completes where the *listener* belongs
        return GetLastError();
    port_number = ntohs(address.sin_port);
    return ERROR_SUCCESS;
}

bool parse(int argc, char **argv)
{
    const struct { const char *name; unsigned *value, least, most; } options[] = {
        {"--port", &port_number, 0, 65535},         {"--threads", &threads_wanted, 1, MAXIMUM_WAIT_OBJECTS},
        {"--concurrency", &concurrency, 0, 1024},   {"--connections", &connections_max, 1, 1000000},
        {"--skip", &skip_on_success, 0, 1},         {"--seconds", &seconds, 1, 1000000},
    };
    for (int i = 1; i < argc; i += 2) {
        bool known = false;
        for (const auto &option : options) {
            char *end = NULL;
            if (strcmp(argv[i], option.name) != 0 || i + 1 == argc)
                continue;
            unsigned long value = strtoul(argv[i + 1], &end, 10);
            known = end != argv[i + 1] && *end == '\0' && value >= option.least && value <= option.most;
            *option.value = (unsigned)value;
        }
        if (!known) {
            fprintf(stderr, "echo_server: %s: no such option, or its value is missing or out of range\n"
                            "usage: echo_server [--port N] [--threads N] [--concurrency N] [--connections N] [--skip 0|1] "
                            "[--seconds N]\n", argv[i]);
            return false;
        }
    }
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    // More threads than run at once (the port's concurrency, by default one per
    // processor): spares for those that block.
    threads_wanted = 2 * system.dwNumberOfProcessors;
    if (threads_wanted > MAXIMUM_WAIT_OBJECTS)
        threads_wanted = MAXIMUM_WAIT_OBJECTS;
    if (!parse(argc, argv))
        return 2;

    WSADATA data;
    int startup = WSAStartup(MAKEWORD(2, 2), &data); // the one Winsock call that returns its error
    if (startup != 0)
        return print_error("WSAStartup", startup), 1;
    InitializeCriticalSection(&lock);
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    idle_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    if (stop_event == NULL || idle_event == NULL || port == NULL || !SetConsoleCtrlHandler(on_console_event, TRUE))
        return print_error("starting", GetLastError()), 1;
    DWORD error = listen_on_loopback();
    if (error != ERROR_SUCCESS)
        return print_error("listening", error), 1;

    HANDLE threads[MAXIMUM_WAIT_OBJECTS];
    DWORD started = 0;
    while (started < threads_wanted) {
        // Not CreateThread: _beginthreadex also sets up what the C library keeps per
        // thread. It reports through errno.
        threads[started] = (HANDLE)_beginthreadex(NULL, 0, work, NULL, 0, NULL);
        if (threads[started] == NULL)
            break;
        ++started;
    }
    if (started == 0)
        return fprintf(stderr, "echo_server: no thread could be started: %s\n", strerror(errno)), 1;
    printf("listening on 127.0.0.1 port %u\n", port_number);
    fflush(stdout);

    const ULONGLONG started_ms = GetTickCount64();
    do
        refill_accepts();
    while (WaitForSingleObject(stop_event, 1000) == WAIT_TIMEOUT &&
           (seconds == 0 || GetTickCount64() - started_ms < 1000ULL * seconds));

    bool ended = drain();
    for (DWORD i = 0; i < started; ++i)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(started, threads, TRUE, INFINITE);
    for (DWORD i = 0; i < started; ++i)
        CloseHandle(threads[i]);
    printf("stopped after %llu connections%s\n", served, ended ? "" : "; some did not end");
    CloseHandle(port);
    CloseHandle(idle_event);
    DeleteCriticalSection(&lock);
    WSACleanup();
    return ended ? 0 : 1;
}
