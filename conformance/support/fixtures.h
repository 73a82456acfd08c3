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

#include "fixture_files.h"
#include "fixture_sockets.h"

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
