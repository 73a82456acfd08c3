/* Longshore: the completion port. */
#ifndef LONGSHORE_PORTS_H
#define LONGSHORE_PORTS_H

#include <longshore/port/overlapped.h>

#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 1
#define FILE_SKIP_SET_EVENT_ON_HANDLE        2
#define IO_COMPLETION_MODIFY_STATE           2
#define IO_COMPLETION_ALL_ACCESS             0x001F0003

LONGSHORE_C_BEGIN
/* Makes a port, binds a file to one, or both. P1-P13. [ioapiset.h CreateIoCompletionPort] */
HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
    ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads);
/* Queues a packet of three values of the caller's. N1-N6.
   [ioapiset.h PostQueuedCompletionStatus] */
BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
    ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped);
/* Adds notification modes to a file. M1-M6. [winbase.h SetFileCompletionNotificationModes] */
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags);
/* Calls a function on a pool thread when an operation on a file ends. TP1.
   [winbase.h BindIoCompletionCallback] */
BOOL WINAPI BindIoCompletionCallback(HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function,
    ULONG Flags);
LONGSHORE_C_END

#endif
