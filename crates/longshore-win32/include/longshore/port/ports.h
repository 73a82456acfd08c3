/* Longshore: the completion port. */
#ifndef LONGSHORE_PORTS_H
#define LONGSHORE_PORTS_H

#include <longshore/port/overlapped.h>

#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 1
#define FILE_SKIP_SET_EVENT_ON_HANDLE        2
#define IO_COMPLETION_MODIFY_STATE           2
#define IO_COMPLETION_ALL_ACCESS             0x001F0003

LONGSHORE_C_BEGIN
HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads);
BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped);
BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags);
BOOL WINAPI BindIoCompletionCallback(HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function, ULONG Flags);
LONGSHORE_C_END

#endif
