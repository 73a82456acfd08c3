/* Longshore: anonymous and named pipes. */
#ifndef LONGSHORE_PIPES_H
#define LONGSHORE_PIPES_H

#include <longshore/abi/types.h>
#include <longshore/file/files.h>

#define PIPE_ACCESS_INBOUND        1
#define PIPE_ACCESS_OUTBOUND       2
#define PIPE_ACCESS_DUPLEX         3
#define PIPE_WAIT                  0
#define PIPE_NOWAIT                1
#define PIPE_READMODE_BYTE         0
#define PIPE_READMODE_MESSAGE      2
#define PIPE_TYPE_BYTE             0
#define PIPE_TYPE_MESSAGE          4
#define PIPE_ACCEPT_REMOTE_CLIENTS 0
#define PIPE_REJECT_REMOTE_CLIENTS 8
#define PIPE_CLIENT_END            0
#define PIPE_SERVER_END            1
#define PIPE_UNLIMITED_INSTANCES   0x00FF
#define NMPWAIT_WAIT_FOREVER       0xFFFFFFFF
#define NMPWAIT_NOWAIT             1
#define NMPWAIT_USE_DEFAULT_WAIT   0

LONGSHORE_C_BEGIN
/* Makes an anonymous pipe. [namedpipeapi.h CreatePipe] */
BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
    LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize);
/* Makes an instance of a named pipe. NP1-NP14. [winbase.h CreateNamedPipeA/W] */
LONGSHORE_ABSENT(CreateNamedPipeA)
HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
    DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize, DWORD nDefaultTimeOut,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes);
LONGSHORE_ABSENT(CreateNamedPipeW)
HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
    DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize, DWORD nDefaultTimeOut,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes);
/* Waits for a client of a named pipe. NP1, NP2. [namedpipeapi.h ConnectNamedPipe] */
LONGSHORE_ABSENT(ConnectNamedPipe)
BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped);
/* Ends the connection of a named pipe. NP8. [namedpipeapi.h DisconnectNamedPipe] */
LONGSHORE_ABSENT(DisconnectNamedPipe)
BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe);
/* Waits for a free instance of a named pipe. [winbase.h WaitNamedPipeA/W] */
LONGSHORE_ABSENT(WaitNamedPipeA)
BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut);
LONGSHORE_ABSENT(WaitNamedPipeW)
BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut);
/* Looks at what can be read from a pipe, without taking it. [namedpipeapi.h PeekNamedPipe] */
BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize,
    LPDWORD lpBytesRead, LPDWORD lpTotalBytesAvail, LPDWORD lpBytesLeftThisMessage);
/* Sets the modes of a named pipe. [namedpipeapi.h SetNamedPipeHandleState] */
LONGSHORE_ABSENT(SetNamedPipeHandleState)
BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
    LPDWORD lpCollectDataTimeout);
/* Describes a named pipe. [namedpipeapi.h GetNamedPipeInfo] */
LONGSHORE_ABSENT(GetNamedPipeInfo)
BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
    LPDWORD lpInBufferSize, LPDWORD lpMaxInstances);
/* Gives the modes of a named pipe. [winbase.h GetNamedPipeHandleStateA/W] */
LONGSHORE_ABSENT(GetNamedPipeHandleStateA)
BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
    LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout, LPSTR lpUserName,
    DWORD nMaxUserNameSize);
LONGSHORE_ABSENT(GetNamedPipeHandleStateW)
BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
    LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout, LPWSTR lpUserName,
    DWORD nMaxUserNameSize);
/* Writes a message to a named pipe and reads the answer. NP12.
   [namedpipeapi.h TransactNamedPipe] */
LONGSHORE_ABSENT(TransactNamedPipe)
BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
    LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead, LPOVERLAPPED lpOverlapped);
/* Opens a named pipe, writes, reads and closes it. [winbase.h CallNamedPipeA/W] */
LONGSHORE_ABSENT(CallNamedPipeA)
BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
    LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut);
LONGSHORE_ABSENT(CallNamedPipeW)
BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
    LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut);
/* Gives the process of a named pipe's client. [winbase.h GetNamedPipeClientProcessId] */
LONGSHORE_ABSENT(GetNamedPipeClientProcessId)
BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId);
/* Gives the process of a named pipe's server. [winbase.h GetNamedPipeServerProcessId] */
LONGSHORE_ABSENT(GetNamedPipeServerProcessId)
BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId);
LONGSHORE_C_END

#define CreateNamedPipe         LONGSHORE_AW(CreateNamedPipe)
#define WaitNamedPipe           LONGSHORE_AW(WaitNamedPipe)
#define GetNamedPipeHandleState LONGSHORE_AW(GetNamedPipeHandleState)
#define CallNamedPipe           LONGSHORE_AW(CallNamedPipe)

#endif
