/* Longshore: OVERLAPPED and the calls that look at one (rule A1 and section 16 of the semantics).
 *
 * In C++ the structures carry friend templates, found only through their arguments, that accept
 * `unsigned long *` for LPDWORD and `unsigned long long *` for PULONG_PTR. The functions
 * themselves stay single, so that &GetQueuedCompletionStatus has one type. */
#ifndef LONGSHORE_OVERLAPPED_H
#define LONGSHORE_OVERLAPPED_H

#include <longshore/abi/types.h>

struct _OVERLAPPED;
struct _OVERLAPPED_ENTRY;

LONGSHORE_C_BEGIN
/* Takes the oldest packet of a port; waits for it. G1-G10, Q1-Q17.
   [ioapiset.h GetQueuedCompletionStatus] */
BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
    PULONG_PTR lpCompletionKey, struct _OVERLAPPED **lpOverlapped, DWORD dwMilliseconds);
/* Takes several packets at once; waits for the first. X1-X10.
   [ioapiset.h GetQueuedCompletionStatusEx] */
BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort,
    struct _OVERLAPPED_ENTRY *lpCompletionPortEntries, ULONG ulCount, PULONG ulNumEntriesRemoved,
    DWORD dwMilliseconds, BOOL fAlertable);
/* Tells how an operation ended; may wait for it. R1-R8. [ioapiset.h GetOverlappedResult] */
BOOL WINAPI GetOverlappedResult(HANDLE hFile, struct _OVERLAPPED *lpOverlapped,
    LPDWORD lpNumberOfBytesTransferred, BOOL bWait);
/* Tells how an operation ended; waits for a time, alertably. R9, R10.
   [ioapiset.h GetOverlappedResultEx] */
BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, struct _OVERLAPPED *lpOverlapped,
    LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds, BOOL bAlertable);
/* Tells how an operation on a socket ended, with Winsock errors. R13.
   [winsock2.h WSAGetOverlappedResult] */
BOOL WINAPI WSAGetOverlappedResult(UINT_PTR s, struct _OVERLAPPED *lpOverlapped,
    LPDWORD lpcbTransfer, BOOL fWait, LPDWORD lpdwFlags);
LONGSHORE_C_END

#ifdef __cplusplus
extern "C++" {
#endif

typedef struct _OVERLAPPED {
    ULONG_PTR Internal;     /* the NTSTATUS, zero-extended; 0x103 while pending (A2, A3) */
    ULONG_PTR InternalHigh; /* the number of bytes */
    __extension__ union {
        __extension__ struct { DWORD Offset; DWORD OffsetHigh; };
        PVOID Pointer;
    };
    HANDLE hEvent;

#ifdef __cplusplus
    template <class Bytes, class Key>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Bytes>::value, BOOL>::type
    GetQueuedCompletionStatus(
        HANDLE port, Bytes *bytes, Key *key, struct _OVERLAPPED **overlapped, DWORD ms)
    {
        DWORD b = 0;
        ULONG_PTR k = key ? static_cast<ULONG_PTR>(*key) : 0;
        BOOL ok = ::GetQueuedCompletionStatus(port, &b, key ? &k : 0, overlapped, ms);
        if (bytes) *bytes = b;
        if (key) *key = static_cast<Key>(k);
        return ok;
    }
    template <class Key>
    friend typename longshore::enable_if<longshore::is_word64<Key>::value, BOOL>::type
    GetQueuedCompletionStatus(
        HANDLE port, LPDWORD bytes, Key *key, struct _OVERLAPPED **overlapped, DWORD ms)
    {
        ULONG_PTR k = static_cast<ULONG_PTR>(*key);
        BOOL ok = ::GetQueuedCompletionStatus(port, bytes, &k, overlapped, ms);
        *key = static_cast<Key>(k);
        return ok;
    }
    template <class Bytes>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Bytes>::value, BOOL>::type
    GetOverlappedResult(HANDLE file, struct _OVERLAPPED *overlapped, Bytes *bytes, BOOL wait)
    {
        DWORD b = 0;
        BOOL ok = ::GetOverlappedResult(file, overlapped, &b, wait);
        if (bytes) *bytes = b;
        return ok;
    }
    template <class Bytes, class Flags>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Bytes>::value ||
                                             longshore::is_unsigned_long<Flags>::value,
        BOOL>::type
    WSAGetOverlappedResult(
        UINT_PTR s, struct _OVERLAPPED *overlapped, Bytes *bytes, BOOL wait, Flags *flags)
    {
        DWORD b = 0, f = flags ? static_cast<DWORD>(*flags) : 0;
        BOOL ok = ::WSAGetOverlappedResult(s, overlapped, &b, wait, flags ? &f : 0);
        if (bytes) *bytes = b;
        if (flags) *flags = f;
        return ok;
    }
#endif
} OVERLAPPED, *LPOVERLAPPED;

typedef struct _OVERLAPPED_ENTRY {
    ULONG_PTR    lpCompletionKey;
    LPOVERLAPPED lpOverlapped;
    ULONG_PTR    Internal;
    DWORD        dwNumberOfBytesTransferred;

#ifdef __cplusplus
    template <class Count>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, BOOL>::type
    GetQueuedCompletionStatusEx(HANDLE port, struct _OVERLAPPED_ENTRY *entries, ULONG count,
        Count *removed, DWORD ms, BOOL alertable)
    {
        ULONG n = 0;
        BOOL ok =
            ::GetQueuedCompletionStatusEx(port, entries, count, removed ? &n : 0, ms, alertable);
        if (removed && ok) *removed = n;
        return ok;
    }
#endif
} OVERLAPPED_ENTRY, *LPOVERLAPPED_ENTRY;

#ifdef __cplusplus
}
#endif

typedef VOID(WINAPI *LPOVERLAPPED_COMPLETION_ROUTINE)(
    DWORD dwErrorCode, DWORD dwNumberOfBytesTransfered, LPOVERLAPPED lpOverlapped);

/* A3: a plain read of memory, never a call. */
#define HasOverlappedIoCompleted(lpOverlapped) \
    ((DWORD)*(volatile ULONG_PTR *)&(lpOverlapped)->Internal != 0x103)

LONGSHORE_C_BEGIN
/* Ends the operations of the calling thread on a file, and waits. K1, K2, K6.
   [ioapiset.h CancelIo] */
BOOL WINAPI CancelIo(HANDLE hFile);
/* Requests the end of one operation on a file, or of all. K1, K3-K7, K9. [ioapiset.h CancelIoEx] */
BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped);
/* Ends the blocking call that a thread is in. K8. [ioapiset.h CancelSynchronousIo] */
BOOL WINAPI CancelSynchronousIo(HANDLE hThread);
LONGSHORE_C_END

#endif
