/* Measures an echo server: connections that each keep a number of messages under way, on one thread and one port.
 *
 *     throughput [--port N] [--connections N] [--depth N] [--bytes N] [--seconds N]
 *
 * Prints messages and megabytes per second and the latency of a message's round trip.
 */

#include <winsock2.h> /* before windows.h, which would otherwise bring in the old winsock.h */
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define BYTES_MAX 65536
#define RECEIVE_BYTES 16384
#define DRAIN_MS 2000

enum kind { CONNECT, SEND, RECEIVE };

struct connection;

struct operation {
    OVERLAPPED overlapped; /* first, so that the pointer a packet brings is the operation's */
    enum kind kind;
    struct connection *connection;
};

/* One message at a time. Its echo may be here before the packet of its own send is taken, and until that has happened the
 * OVERLAPPED is the system's: the next message needs both. */
struct slot {
    struct operation send;
    BOOL sending, awaited;
    LONGLONG sent_at;
};

struct connection {
    SOCKET socket;
    struct operation receive; /* also the connect that comes first */
    struct slot *slots;
    unsigned order[DEPTH_MAX]; /* a ring: the slots whose echo is awaited, oldest first */
    unsigned oldest, awaited;
    unsigned pending;      /* packets still to come */
    DWORD partial;         /* bytes of the oldest echo that are here */
    char buffer[RECEIVE_BYTES];
};

static unsigned port_number = 7777, connections = 64, depth = 1, message_bytes = 64, seconds = 5;

static HANDLE port;
static LPFN_CONNECTEX connect_ex;
static char payload[BYTES_MAX]; /* only read, so every send may point to it */
static LONGLONG ticks_per_second;
static BOOL running;
static unsigned connected, packets_pending;
static ULONGLONG messages;
static LONGLONG latency_max;

/* Latencies in nanoseconds, counted in buckets that are 1/64 of a power of two wide. */
#define STEPS 64
static ULONGLONG buckets[59 * STEPS];

static void print_error(const char *what, DWORD error)
{
    char text[256];
    /* IGNORE_INSERTS: without it a message with %1 in it makes FormatMessage read arguments that are not there. */
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text,
                                  sizeof text, NULL);
    while (length > 0 && (unsigned char)text[length - 1] <= ' ')
        --length;
    fprintf(stderr, "throughput: %s: %.*s (error %u)\n", what, (int)length, text, (unsigned)error);
}

static LONGLONG now_ticks(void)
{
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    return now.QuadPart;
}

static void record(LONGLONG ticks)
{
    ULONGLONG ns = (ULONGLONG)((double)ticks * 1e9 / (double)ticks_per_second);
    unsigned power = 0;
    if (ticks > latency_max)
        latency_max = ticks;
    while (ns >> power >= 2 * STEPS)
        ++power;
    ++buckets[power * STEPS + (unsigned)(ns >> power)];
}

static double percentile_us(double share)
{
    const double max_us = (double)latency_max * 1e6 / (double)ticks_per_second;
    ULONGLONG wanted = (ULONGLONG)((double)messages * share), seen = 0;
    unsigned i;
    for (i = 0; i < sizeof buckets / sizeof buckets[0]; ++i) {
        seen += buckets[i];
        if (seen > wanted) {
            unsigned power = i < 2 * STEPS ? 0 : i / STEPS - 1;
            double edge_us = (double)((ULONGLONG)(i - power * STEPS + 1) << power) / 1e3;
            return edge_us < max_us ? edge_us : max_us;
        }
    }
    return max_us;
}

/* What a call that starts an operation did. Success at once and "pending" are the same: a packet comes. */
static BOOL issued(BOOL succeeded, const char *what, struct connection *connection)
{
    DWORD error = succeeded ? ERROR_SUCCESS : (DWORD)WSAGetLastError();
    if (error != ERROR_SUCCESS && error != WSA_IO_PENDING) {
        print_error(what, error);
        return FALSE;
    }
    ++connection->pending;
    ++packets_pending;
    return TRUE;
}

static OVERLAPPED *prepare(struct operation *operation, enum kind kind, struct connection *connection)
{
    memset(&operation->overlapped, 0, sizeof operation->overlapped);
    operation->kind = kind;
    operation->connection = connection;
    return &operation->overlapped;
}

static BOOL receive(struct connection *connection)
{
    WSABUF buffer = {RECEIVE_BYTES, connection->buffer};
    DWORD flags = 0;
    return issued(WSARecv(connection->socket, &buffer, 1, NULL, &flags,
                          prepare(&connection->receive, RECEIVE, connection), NULL) == 0,
                  "WSARecv", connection);
}

static BOOL send_if_free(struct connection *connection, struct slot *slot)
{
    WSABUF buffer = {message_bytes, payload};
    if (!running || slot->sending || slot->awaited)
        return TRUE;
    slot->sent_at = now_ticks();
    if (!issued(WSASend(connection->socket, &buffer, 1, NULL, 0, prepare(&slot->send, SEND, connection), NULL) == 0,
                "WSASend", connection))
        return FALSE;
    slot->sending = slot->awaited = TRUE;
    connection->order[(connection->oldest + connection->awaited++) % depth] = (unsigned)(slot - connection->slots);
    return TRUE;
}

static BOOL start(struct connection *connection)
{
    struct sockaddr_in address;
    GUID id = WSAID_CONNECTEX;
    DWORD bytes;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    /* ConnectEx, unlike connect, wants a socket that is bound. */
    if (connection->socket == INVALID_SOCKET ||
        bind(connection->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        (connect_ex == NULL && WSAIoctl(connection->socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id,
                                        &connect_ex, sizeof connect_ex, &bytes, NULL, NULL) != 0))
        return print_error("a socket", WSAGetLastError()), FALSE;
    if (CreateIoCompletionPort((HANDLE)connection->socket, port, 0, 0) == NULL)
        return print_error("CreateIoCompletionPort", GetLastError()), FALSE;
    address.sin_port = htons((u_short)port_number);
    return issued(connect_ex(connection->socket, (struct sockaddr *)&address, sizeof address, NULL, 0, NULL,
                             prepare(&connection->receive, CONNECT, connection)),
                  "ConnectEx", connection);
}

static BOOL begin(struct connection *connection)
{
    BOOL on = TRUE;
    unsigned i;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
    if (!receive(connection))
        return FALSE;
    for (i = 0; i < depth; ++i)
        if (!send_if_free(connection, &connection->slots[i]))
            return FALSE;
    return TRUE;
}

static BOOL echoed(struct connection *connection, DWORD bytes)
{
    const LONGLONG now = now_ticks();
    if (bytes == 0) {
        fprintf(stderr, "throughput: the server closed a connection\n");
        return FALSE;
    }
    connection->partial += bytes;
    while (connection->partial >= message_bytes) {
        struct slot *slot = &connection->slots[connection->order[connection->oldest]];
        if (connection->awaited == 0) {
            fprintf(stderr, "throughput: the server sent more than it was sent\n");
            return FALSE;
        }
        connection->partial -= message_bytes;
        connection->oldest = (connection->oldest + 1) % depth;
        --connection->awaited;
        slot->awaited = FALSE;
        if (running) {
            ++messages;
            record(now - slot->sent_at);
        }
        if (!send_if_free(connection, slot))
            return FALSE;
    }
    return receive(connection);
}

static void close_connection(struct connection *connection)
{
    if (connection->socket != INVALID_SOCKET)
        closesocket(connection->socket); /* what is pending ends with an error; its packets are still to be taken */
    connection->socket = INVALID_SOCKET;
}

/* Takes one packet, if one comes in time. FALSE: none came, or a connection failed while we were measuring. */
static BOOL take_packet(DWORD timeout_ms)
{
    DWORD bytes, error;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    struct operation *operation;
    struct connection *connection;
    BOOL go_on = FALSE;
    BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, timeout_ms);
    error = ok ? ERROR_SUCCESS : GetLastError();
    if (overlapped == NULL)
        return FALSE; /* nothing was taken; with an OVERLAPPED, FALSE would mean a packet of a failed operation */
    operation = (struct operation *)overlapped;
    connection = operation->connection;
    --connection->pending;
    --packets_pending;
    if (operation->kind == SEND)
        ((struct slot *)operation)->sending = FALSE;
    if (connection->socket == INVALID_SOCKET)
        return TRUE; /* closed before: the packet only brings the operation back */
    if (error != ERROR_SUCCESS) {
        static const char *const names[] = {"connecting", "sending", "receiving"};
        print_error(names[operation->kind], error);
    } else if (operation->kind == CONNECT) {
        go_on = setsockopt(connection->socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) == 0;
        connected += go_on;
    } else if (operation->kind == RECEIVE) {
        go_on = echoed(connection, bytes);
    } else {
        go_on = send_if_free(connection, (struct slot *)operation);
    }
    if (!go_on)
        close_connection(connection);
    return go_on;
}

static BOOL measure(struct connection *all)
{
    const ULONGLONG connect_until_ms = GetTickCount64() + 10000;
    LONGLONG started, until, now;
    double took;
    unsigned i;
    for (i = 0; i < connections; ++i)
        if (!start(&all[i]))
            return FALSE;
    while (connected < connections)
        if (!take_packet(1000) && (packets_pending == 0 || GetTickCount64() > connect_until_ms))
            return fprintf(stderr, "throughput: %u of %u connections\n", connected, connections), FALSE;

    running = TRUE;
    started = now_ticks();
    until = started + ticks_per_second * seconds;
    for (i = 0; i < connections; ++i)
        if (!begin(&all[i]))
            return FALSE;
    while ((now = now_ticks()) < until) {
        DWORD left_ms = (DWORD)((until - now) * 1000 / ticks_per_second) + 1;
        if (!take_packet(left_ms) && now_ticks() < until)
            return FALSE;
    }
    running = FALSE;
    took = (double)(now - started) / (double)ticks_per_second;
    printf("%u connections, %u messages of %u bytes under way on each, %.1f s\n", connections, depth, message_bytes,
           took);
    printf("%.0f messages/s, %.2f MB/s each way\n", (double)messages / took,
           (double)messages * message_bytes / took / 1e6);
    printf("latency in us: p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, max %.1f\n", percentile_us(0.5),
           percentile_us(0.9), percentile_us(0.99), percentile_us(0.999), percentile_us(1));
    return messages > 0;
}

static BOOL parse(int argc, char **argv)
{
    const struct { const char *name; unsigned *value, least, most; } options[] = {
        {"--port", &port_number, 1, 65535},  {"--connections", &connections, 1, 10000},
        {"--depth", &depth, 1, DEPTH_MAX},   {"--bytes", &message_bytes, 1, BYTES_MAX},
        {"--seconds", &seconds, 1, 86400},
    };
    int i;
    for (i = 1; i < argc; i += 2) {
        BOOL known = FALSE;
        size_t o;
        for (o = 0; o < sizeof options / sizeof options[0]; ++o) {
            char *end;
            unsigned long value;
            if (strcmp(argv[i], options[o].name) != 0 || i + 1 == argc)
                continue;
            value = strtoul(argv[i + 1], &end, 10);
            known = end != argv[i + 1] && *end == '\0' && value >= options[o].least && value <= options[o].most;
            *options[o].value = (unsigned)value;
        }
        if (!known) {
            fprintf(stderr, "throughput: %s: no such option, or its value is missing or out of range\n"
                            "usage: throughput [--port N] [--connections N] [--depth N] [--bytes N] [--seconds N]\n",
                    argv[i]);
            return FALSE;
        }
    }
    return TRUE;
}

int main(int argc, char **argv)
{
    WSADATA data;
    LARGE_INTEGER frequency;
    struct connection *all;
    struct slot *slots;
    BOOL measured;
    unsigned i;
    int startup;
    if (!parse(argc, argv))
        return 2;
    startup = WSAStartup(MAKEWORD(2, 2), &data); /* the one Winsock call that returns its error */
    if (startup != 0)
        return print_error("WSAStartup", (DWORD)startup), 1;
    QueryPerformanceFrequency(&frequency);
    ticks_per_second = frequency.QuadPart;
    memset(payload, '.', sizeof payload);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (port == NULL)
        return print_error("CreateIoCompletionPort", GetLastError()), 1;
    all = calloc(connections, sizeof *all);
    slots = calloc((size_t)connections * depth, sizeof *slots);
    if (all == NULL || slots == NULL)
        return fprintf(stderr, "throughput: out of memory\n"), 1;
    for (i = 0; i < connections; ++i) {
        all[i].socket = INVALID_SOCKET;
        all[i].slots = slots + (size_t)i * depth;
    }

    measured = measure(all);

    /* Only now, with every packet taken, is the memory ours again. */
    for (i = 0; i < connections; ++i)
        close_connection(&all[i]);
    while (packets_pending > 0 && take_packet(DRAIN_MS))
        ;
    if (packets_pending > 0)
        return fprintf(stderr, "throughput: %u operations did not end\n", packets_pending), 1;
    free(slots);
    free(all);
    CloseHandle(port);
    WSACleanup();
    return measured ? 0 : 1;
}
