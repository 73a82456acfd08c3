// Tests an echo server: many connections at once (ConnectEx), each sending and receiving at the same time,
// every byte compared with what was sent.
//
//     echo_client [--port N] [--connections N] [--kilobytes N] [--seconds N]

#include <winsock2.h> // before windows.h, which would otherwise bring in the old winsock.h
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

const DWORD CHUNK_BYTES = 16384;
const size_t PERIOD_BYTES = 65521; // prime: no chunk boundary ever falls on the same byte twice in a row

struct Connection;

// What a packet points to; see echo_server.cpp.
struct Operation : OVERLAPPED {
    enum Kind { CONNECT, SEND, RECEIVE } kind;
    Connection *connection;
};

// Both directions are under way at once, so the connection may go only when neither
// is: `pending` counts them.
struct Connection {
    SOCKET socket;
    Operation sending; // also the connect that comes first
    Operation receiving;
    unsigned pending;
    size_t phase; // where in the pattern its stream starts
    unsigned long long sent, received;
    bool complete;
    char buffer[CHUNK_BYTES];
};

unsigned port_number = 7777, connections_wanted = 100, kilobytes = 64, seconds = 30;

HANDLE port;
LPFN_CONNECTEX connect_ex;
std::vector<char> pattern; // PERIOD_BYTES, and once more its start: a chunk can be taken from anywhere
unsigned long long stream_bytes, total_bytes;
unsigned alive, complete, errors_shown;

void print_error(const char *what, DWORD error)
{
    if (++errors_shown > 5)
        return; // a hundred connections fail for the same reason
    char text[256];
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text,
                                  sizeof text, NULL);
    while (length > 0 && (unsigned char)text[length - 1] <= ' ')
        --length;
    fprintf(stderr, "echo_client: %s: %.*s (error %u)\n", what, (int)length, text, (unsigned)error);
}

const char *pattern_at(const Connection *connection, unsigned long long position)
{
    return &pattern[(size_t)((connection->phase + position) % PERIOD_BYTES)];
}

Operation *prepare(Operation *operation, Operation::Kind kind, Connection *connection)
{
    static_cast<OVERLAPPED &>(*operation) = OVERLAPPED();
    operation->kind = kind;
    operation->connection = connection;
    return operation;
}

// A call that failed at once brings no packet; every other one does, those that succeeded at once included.
bool issued(bool succeeded, const char *what, Connection *connection)
{
    DWORD error = succeeded ? ERROR_SUCCESS : WSAGetLastError();
    if (error != ERROR_SUCCESS && error != WSA_IO_PENDING)
        return print_error(what, error), false;
    ++connection->pending;
    return true;
}

bool send_more(Connection *connection)
{
    unsigned long long left = stream_bytes - connection->sent;
    if (left == 0) {
        // All of it is on its way: say so, and go on receiving.
        if (shutdown(connection->socket, SD_SEND) != 0)
            return print_error("shutdown", WSAGetLastError()), false;
        return true;
    }
    // The pattern is only read, so any number of sends may point into it.
    WSABUF buffer = {(ULONG)(left < CHUNK_BYTES ? left : CHUNK_BYTES),
                     const_cast<char *>(pattern_at(connection, connection->sent))};
    // No byte count asked for: with an OVERLAPPED it comes with the packet, and this one could be misleading.
    return issued(WSASend(connection->socket, &buffer, 1, NULL, 0,
                          prepare(&connection->sending, Operation::SEND, connection), NULL) == 0,
                  "WSASend", connection);
}

bool receive_more(Connection *connection)
{
    WSABUF buffer = {CHUNK_BYTES, connection->buffer};
    DWORD flags = 0;
    return issued(WSARecv(connection->socket, &buffer, 1, NULL, &flags,
                          prepare(&connection->receiving, Operation::RECEIVE, connection), NULL) == 0,
                  "WSARecv", connection);
}

bool start(Connection *connection)
{
    connection->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (connection->socket == INVALID_SOCKET)
        return print_error("WSASocket", WSAGetLastError()), false;
    sockaddr_in address = sockaddr_in();
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // ConnectEx, unlike connect, wants a socket that is bound.
    if (bind(connection->socket, (sockaddr *)&address, sizeof address) != 0)
        return print_error("bind", WSAGetLastError()), false;
    if (CreateIoCompletionPort((HANDLE)connection->socket, port, 0, 0) == NULL)
        return print_error("CreateIoCompletionPort", GetLastError()), false;
    GUID id = WSAID_CONNECTEX;
    DWORD bytes;
    if (connect_ex == NULL && WSAIoctl(connection->socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                                       &connect_ex, sizeof connect_ex, &bytes, NULL, NULL) != 0)
        return print_error("WSAIoctl", WSAGetLastError()), false;
    address.sin_port = htons((u_short)port_number);
    return issued(connect_ex(connection->socket, (sockaddr *)&address, sizeof address, NULL, 0, NULL,
                             prepare(&connection->sending, Operation::CONNECT, connection)) != FALSE,
                  "ConnectEx", connection);
}

bool connected(Connection *connection)
{
    // Without this the socket does not know that it is connected, and shutdown fails.
    if (setsockopt(connection->socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) != 0)
        return print_error("SO_UPDATE_CONNECT_CONTEXT", WSAGetLastError()), false;
    return receive_more(connection) && send_more(connection);
}

bool received(Connection *connection, DWORD bytes)
{
    if (bytes == 0) {
        connection->complete = connection->received == stream_bytes;
        if (!connection->complete)
            fprintf(stderr, "echo_client: the server closed after %llu of %llu bytes\n", connection->received,
                    stream_bytes);
        return false; // over, in one way or the other
    }
    // Compared with the whole stream, not with `sent`: the echo may be here before the
    // packet of its own send is taken.
    if (connection->received + bytes > stream_bytes ||
        memcmp(connection->buffer, pattern_at(connection, connection->received), bytes) != 0) {
        fprintf(stderr, "echo_client: what came back at byte %llu is not what was sent\n", connection->received);
        return false;
    }
    connection->received += bytes;
    total_bytes += bytes;
    return receive_more(connection);
}

// Takes one packet's news. When the connection cannot go on, its socket is closed;
// when its last packet is in, it goes.
void finished(Operation *operation, DWORD bytes, DWORD error)
{
    Connection *connection = operation->connection;
    --connection->pending;
    bool go_on = false;
    if (connection->socket == INVALID_SOCKET) {
        // Closed before: this packet only brings the operation back.
    } else if (error != ERROR_SUCCESS) {
        static const char *const names[] = {"connecting", "sending", "receiving"};
        print_error(names[operation->kind], error);
    } else if (operation->kind == Operation::CONNECT) {
        go_on = connected(connection);
    } else if (operation->kind == Operation::RECEIVE) {
        go_on = received(connection, bytes);
    } else {
        connection->sent += bytes;
        go_on = send_more(connection);
    }
    if (!go_on && connection->socket != INVALID_SOCKET) {
        // Ends the other direction's operation, if there is one; its packet is still to come.
        closesocket(connection->socket);
        connection->socket = INVALID_SOCKET;
    }
    if (connection->pending == 0) {
        complete += connection->complete;
        --alive;
        delete connection;
    }
}

bool parse(int argc, char **argv)
{
    const struct { const char *name; unsigned *value, least, most; } options[] = {
        {"--port", &port_number, 1, 65535},
        {"--connections", &connections_wanted, 1, 10000},
        {"--kilobytes", &kilobytes, 1, 1048576},
        {"--seconds", &seconds, 1, 86400},
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
            fprintf(stderr, "echo_client: %s: no such option, or its value is missing or out of range\n"
                            "usage: echo_client [--port N] [--connections N] [--kilobytes N] [--seconds N]\n", argv[i]);
            return false;
        }
    }
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    if (!parse(argc, argv))
        return 2;
    stream_bytes = 1024ULL * kilobytes;
    pattern.resize(PERIOD_BYTES + CHUNK_BYTES);
    unsigned random = 1;
    for (size_t i = 0; i < PERIOD_BYTES; ++i)
        pattern[i] = (char)((random = random * 1103515245 + 12345) >> 16);
    memcpy(&pattern[PERIOD_BYTES], &pattern[0], CHUNK_BYTES);

    WSADATA data;
    int startup = WSAStartup(MAKEWORD(2, 2), &data);
    if (startup != 0)
        return print_error("WSAStartup", startup), 1;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (port == NULL)
        return print_error("CreateIoCompletionPort", GetLastError()), 1;

    for (; alive < connections_wanted; ++alive) {
        Connection *connection = new Connection();
        connection->phase = alive * 977 % PERIOD_BYTES;
        if (!start(connection)) {
            if (connection->socket != INVALID_SOCKET)
                closesocket(connection->socket);
            delete connection; // no operation was started
            break;
        }
    }
    const unsigned started = alive;
    const ULONGLONG deadline_ms = GetTickCount64() + 1000ULL * seconds;
    while (alive > 0) {
        ULONGLONG now_ms = GetTickCount64();
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped,
                                            now_ms < deadline_ms ? (DWORD)(deadline_ms - now_ms) : 0);
        DWORD error = ok ? ERROR_SUCCESS : GetLastError();
        if (overlapped == NULL) {
            // No packet: time is up. The process ends now, and its buffers end with it; to go on living it
            // would have to close the sockets and take every packet first.
            print_error("waiting for the server", error);
            break;
        }
        finished(static_cast<Operation *>(overlapped), bytes, error);
    }
    printf("%u of %u connections echoed %llu KiB each, %llu bytes in all\n", complete, connections_wanted,
           stream_bytes / 1024, total_bytes);
    if (started == connections_wanted && complete == started)
        return CloseHandle(port), WSACleanup(), 0;
    return 1;
}
