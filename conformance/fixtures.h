/*
 * What conformance programs work on: ports, connected sockets, files, threads, and packets put into words.
 */
#ifndef FIXTURES_H
#define FIXTURES_H

#include "observe.h"

/* Long enough for any machine; reached only when something that must happen does not. */
#define PATIENCE_MS 5000
/* How long to look for something that must not happen. */
#define QUIET_MS 150

/* Patience where Wine 8 is known to sit the wait out: long enough, and the program stays within its time. */
#define SAT_OUT_MS 1500

#define PENDING 0x103u
#define CANCELLED 0xC0000120u
#define PREFILL 0xdeadbeefu

/* ---- ports and packets ---- */

static inline HANDLE new_port(DWORD concurrency)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);
    require(port != NULL);
    return port;
}

static inline void bind_to(HANDLE port, HANDLE file, ULONG_PTR key)
{
    require(CreateIoCompletionPort(file, port, key, 0) == port);
}

static inline void bind_socket(HANDLE port, SOCKET s, ULONG_PTR key)
{
    bind_to(port, (HANDLE)s, key);
}

/* One call of GetQueuedCompletionStatus, outputs prefilled so that what it leaves alone shows. */
struct dequeued {
    BOOL ok;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    DWORD error;
};

static inline struct dequeued dequeue(HANDLE port, DWORD timeout_ms)
{
    struct dequeued got;
    got.bytes = PREFILL;
    got.key = PREFILL;
    got.ov = (OVERLAPPED *)(ULONG_PTR)PREFILL;
    SetLastError(PREFILL);
    got.ok = GetQueuedCompletionStatus(port, &got.bytes, &got.key, &got.ov, timeout_ms);
    got.error = GetLastError();
    return got;
}

/* A dequeue in words: "TRUE key 7 bytes 3 own", "FALSE/995 key 7 bytes 0 own", "FALSE/258 nothing". */
static inline const char *in_words(struct dequeued got, const OVERLAPPED *own)
{
    static char text[96];
    const char *whose = got.ov == own ? "own" : got.ov == NULL ? "NULL" : "other";

    if (got.ok)
        snprintf(text, sizeof text, "TRUE key %llu bytes %u %s", (unsigned long long)got.key, (unsigned)got.bytes,
                 whose);
    else if (got.ov != NULL)
        snprintf(text, sizeof text, "FALSE/%u key %llu bytes %u %s", (unsigned)got.error,
                 (unsigned long long)got.key, (unsigned)got.bytes, whose);
    else
        snprintf(text, sizeof text, "FALSE/%u nothing", (unsigned)got.error);
    return text;
}

#define NOTHING "FALSE/258 nothing"

/* The packet that comes next, within patience. */
static inline void observe_packet(const char *rule, const char *what, HANDLE port, const OVERLAPPED *own,
                                  const char *expected)
{
    observe_text(rule, what, in_words(dequeue(port, PATIENCE_MS), own), expected);
}

/* The same where Wine is known to have none. */
static inline void observe_packet_soon(const char *rule, const char *what, HANDLE port, const OVERLAPPED *own,
                                       const char *expected)
{
    observe_text(rule, what, in_words(dequeue(port, SAT_OUT_MS), own), expected);
}

/* Nothing is queued: what is there at once is looked for, and what might come a little later. */
static inline void observe_no_packet(const char *rule, const char *what, HANDLE port)
{
    observe_text(rule, what, in_words(dequeue(port, QUIET_MS), NULL), NOTHING);
}

static inline int packets_left(HANDLE port)
{
    int count = 0;
    while (dequeue(port, QUIET_MS).ov != NULL)
        count++;
    return count;
}

/* A result in words, for calls that return FALSE or SOCKET_ERROR: "done" or the error. */
static inline const char *result_in_words(int succeeded, DWORD error)
{
    static char text[2][24];
    static int turn;
    turn = !turn;
    if (succeeded)
        return "done";
    snprintf(text[turn], sizeof text[turn], "error %u", (unsigned)error);
    return text[turn];
}

/* ---- OVERLAPPED ---- */

static inline OVERLAPPED overlapped_at(unsigned long long offset)
{
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ov.Offset = (DWORD)offset;
    ov.OffsetHigh = (DWORD)(offset >> 32);
    return ov;
}

static inline OVERLAPPED overlapped_with(HANDLE event)
{
    OVERLAPPED ov = overlapped_at(0);
    ov.hEvent = event;
    return ov;
}

/* The status as another thread may just be writing it. */
static inline unsigned status_of(const OVERLAPPED *ov)
{
    return (unsigned)((volatile const OVERLAPPED *)ov)->Internal;
}

static inline HANDLE new_event(BOOL manual_reset, BOOL signaled)
{
    HANDLE event = CreateEventW(NULL, manual_reset, signaled, NULL);
    require(event != NULL);
    return event;
}

static inline HANDLE tagged(HANDLE handle, int bits)
{
    return (HANDLE)((ULONG_PTR)handle | (ULONG_PTR)bits);
}

static inline int is_signaled(HANDLE handle)
{
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

static inline int signaled_in_time(HANDLE handle)
{
    return WaitForSingleObject(handle, PATIENCE_MS) == WAIT_OBJECT_0;
}

/* ---- sockets ---- */

static inline SOCKET new_socket(int type)
{
    SOCKET s = WSASocketW(AF_INET, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    require(s != INVALID_SOCKET);
    return s;
}

static inline struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/* Binds to a port of the system's choice, so that programs can run side by side. */
static inline void bind_anywhere(SOCKET s)
{
    struct sockaddr_in address = loopback(0);
    require(bind(s, (struct sockaddr *)&address, sizeof address) == 0);
}

static inline struct sockaddr_in name_of(SOCKET s)
{
    struct sockaddr_in address;
    int length = sizeof address;
    memset(&address, 0, sizeof address);
    require(getsockname(s, (struct sockaddr *)&address, &length) == 0);
    return address;
}

static inline SOCKET new_listener(void)
{
    SOCKET s = new_socket(SOCK_STREAM);
    bind_anywhere(s);
    require(listen(s, 16) == 0);
    return s;
}

static inline SOCKET connect_to(SOCKET listener)
{
    SOCKET s = new_socket(SOCK_STREAM);
    struct sockaddr_in address = name_of(listener);
    require(connect(s, (struct sockaddr *)&address, sizeof address) == 0);
    return s;
}

struct tcp_pair {
    SOCKET here, peer;
};

static inline struct tcp_pair connected_pair(void)
{
    struct tcp_pair pair;
    SOCKET listener = new_listener();
    pair.peer = connect_to(listener);
    pair.here = accept(listener, NULL, NULL);
    require(pair.here != INVALID_SOCKET);
    closesocket(listener);
    return pair;
}

static inline void close_pair(struct tcp_pair pair)
{
    closesocket(pair.here);
    closesocket(pair.peer);
}

/* A datagram socket that has a name. */
static inline SOCKET new_datagram_socket(void)
{
    SOCKET s = new_socket(SOCK_DGRAM);
    bind_anywhere(s);
    return s;
}

static inline void send_datagram(SOCKET from, SOCKET to, const char *bytes, int length)
{
    struct sockaddr_in address = name_of(to);
    require(sendto(from, bytes, length, 0, (struct sockaddr *)&address, sizeof address) == length);
}

/* Blocks until `count` bytes can be received, so that the next receive finds them. */
static inline void await_bytes(SOCKET s, unsigned count)
{
    int tries;
    for (tries = 0; tries < PATIENCE_MS; tries++) {
        u_long available = 0;
        if (ioctlsocket(s, FIONREAD, &available) == 0 && available >= count)
            return;
        Sleep(1);
    }
    require(!"bytes that were sent never arrived");
}

/* What arrived although nothing should have. */
static inline void observe_no_bytes(const char *rule, const char *what, SOCKET s)
{
    u_long available = 0;
    Sleep(QUIET_MS);
    require(ioctlsocket(s, FIONREAD, &available) == 0);
    observe(rule, what, available, 0);
}

/* Blocks until the socket is readable: data, the end of the stream, a reset. */
static inline int readable_within(SOCKET s, int ms)
{
    fd_set readers;
    struct timeval patience;
    patience.tv_sec = ms / 1000;
    patience.tv_usec = ms % 1000 * 1000;
    FD_ZERO(&readers);
    FD_SET(s, &readers);
    return select((int)s + 1, &readers, NULL, NULL, &patience) == 1;
}

static inline int readable_in_time(SOCKET s)
{
    return readable_within(s, PATIENCE_MS);
}

/* recv that gives up, for data that should be there: the count, or -1. */
static inline int received(SOCKET s, char *buffer, int length)
{
    return readable_within(s, SAT_OUT_MS) ? recv(s, buffer, length, 0) : -1;
}

static inline void send_text(SOCKET s, const char *text)
{
    require(send(s, text, (int)strlen(text), 0) == (int)strlen(text));
}

/* Closes so that the peer sees a reset, not an end of stream. */
static inline void reset_connection(SOCKET s)
{
    struct linger linger = { 1, 0 };
    require(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger) == 0);
    closesocket(s);
}

/* WSARecv and WSASend with one buffer: 0, or the Winsock error. */
static inline DWORD receive(SOCKET s, void *buffer, DWORD length, OVERLAPPED *ov)
{
    WSABUF one;
    DWORD flags = 0;
    one.buf = (char *)buffer;
    one.len = length;
    return WSARecv(s, &one, 1, NULL, &flags, ov, NULL) == 0 ? 0 : (DWORD)WSAGetLastError();
}

static inline DWORD transmit(SOCKET s, const void *buffer, DWORD length, OVERLAPPED *ov)
{
    WSABUF one;
    one.buf = (char *)buffer;
    one.len = length;
    return WSASend(s, &one, 1, NULL, 0, ov, NULL) == 0 ? 0 : (DWORD)WSAGetLastError();
}

/* A receive that has nothing to receive yet. */
static inline void pend_receive(SOCKET s, void *buffer, DWORD length, OVERLAPPED *ov)
{
    require(receive(s, buffer, length, ov) == WSA_IO_PENDING);
}

/* The extension functions, asked for the way programs do. */
static inline void *extension(SOCKET s, GUID guid)
{
    void *function = NULL;
    DWORD bytes = 0;
    require(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof guid, &function, sizeof function, &bytes,
                     NULL, NULL) == 0);
    return function;
}

static inline LPFN_CONNECTEX connect_ex(SOCKET s)
{
    GUID guid = WSAID_CONNECTEX;
    return (LPFN_CONNECTEX)extension(s, guid);
}

static inline LPFN_TRANSMITFILE transmit_file_of(SOCKET s)
{
    GUID guid = WSAID_TRANSMITFILE;
    return (LPFN_TRANSMITFILE)extension(s, guid);
}

static inline LPFN_DISCONNECTEX disconnect_ex(SOCKET s)
{
    GUID guid = WSAID_DISCONNECTEX;
    return (LPFN_DISCONNECTEX)extension(s, guid);
}

/* ---- files ---- */

struct temp_file {
    char path[MAX_PATH + 64];
};

/* A file of this process alone, with the given contents. */
static inline struct temp_file temp_file_with(const void *contents, DWORD length)
{
    static int serial;
    struct temp_file file;
    char folder[MAX_PATH];
    HANDLE handle;
    DWORD written = 0;

    require(GetTempPathA(sizeof folder, folder) > 0);
    snprintf(file.path, sizeof file.path, "%slongshore-%u-%d.tmp", folder, (unsigned)GetCurrentProcessId(), serial++);
    handle = CreateFileA(file.path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                         CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    require(handle != INVALID_HANDLE_VALUE);
    if (length > 0)
        require(WriteFile(handle, contents, length, &written, NULL) && written == length);
    CloseHandle(handle);
    return file;
}

static inline HANDLE open_file(const struct temp_file *file, DWORD access, DWORD flags)
{
    HANDLE handle = CreateFileA(file->path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, flags, NULL);
    require(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static inline HANDLE open_overlapped(const struct temp_file *file)
{
    return open_file(file, GENERIC_READ | GENERIC_WRITE, FILE_FLAG_OVERLAPPED);
}

static inline void remove_file(const struct temp_file *file)
{
    DeleteFileA(file->path);
}

static inline long long size_of(HANDLE file)
{
    LARGE_INTEGER size;
    require(GetFileSizeEx(file, &size));
    return size.QuadPart;
}

/* ---- threads ---- */

static inline HANDLE start_thread(DWORD(WINAPI *body)(LPVOID), void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, body, argument, 0, NULL);
    require(thread != NULL);
    return thread;
}

static inline void join_thread(HANDLE thread)
{
    require(WaitForSingleObject(thread, 3 * PATIENCE_MS) == WAIT_OBJECT_0);
    CloseHandle(thread);
}

static inline LONG peek(volatile LONG *word)
{
    return InterlockedCompareExchange(word, 0, 0);
}

/* Waits without spinning until the word has the value. */
static inline int becomes(volatile LONG *word, LONG value)
{
    int tries;
    for (tries = 0; tries < PATIENCE_MS; tries++) {
        if (peek(word) == value)
            return 1;
        Sleep(1);
    }
    return 0;
}

static inline int reaches(volatile LONG *word, LONG value)
{
    int tries;
    for (tries = 0; tries < PATIENCE_MS; tries++) {
        if (peek(word) >= value)
            return 1;
        Sleep(1);
    }
    return 0;
}

/* Runs, as a handler that computes does, until the word has the value. */
static inline int spin_until(volatile LONG *word, LONG value)
{
    DWORD start = GetTickCount();
    while (peek(word) != value)
        if (GetTickCount() - start > 2 * PATIENCE_MS)
            return 0;
    return 1;
}

/* Waits for another thread that is about to act, as closely as possible without keeping the processor from it. */
static inline int yield_until(volatile LONG *word, LONG value)
{
    DWORD start = GetTickCount();
    while (peek(word) != value) {
        SwitchToThread();
        if (GetTickCount() - start > 2 * PATIENCE_MS)
            return 0;
    }
    return 1;
}

static inline void spin_for(DWORD ms)
{
    DWORD start = GetTickCount();
    while (GetTickCount() - start < ms)
        ;
}

#endif
