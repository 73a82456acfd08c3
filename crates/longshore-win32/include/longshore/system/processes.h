/* Longshore: the process itself, and the little that servers ask about other processes. */
#ifndef LONGSHORE_PROCESSES_H
#define LONGSHORE_PROCESSES_H

#include <longshore/abi/types.h>
#include <longshore/thread/threads.h>

#define PROCESS_TERMINATE                 1
#define PROCESS_CREATE_THREAD             2
#define PROCESS_VM_OPERATION              8
#define PROCESS_VM_READ                   0x0010
#define PROCESS_VM_WRITE                  0x0020
#define PROCESS_DUP_HANDLE                0x0040
#define PROCESS_SET_INFORMATION           0x0200
#define PROCESS_QUERY_INFORMATION         0x0400
#define PROCESS_SUSPEND_RESUME            0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define PROCESS_ALL_ACCESS                0x001FFFFF
#define NORMAL_PRIORITY_CLASS             0x0020
#define IDLE_PRIORITY_CLASS               0x0040
#define HIGH_PRIORITY_CLASS               0x0080
#define REALTIME_PRIORITY_CLASS           0x0100
#define BELOW_NORMAL_PRIORITY_CLASS       0x4000
#define ABOVE_NORMAL_PRIORITY_CLASS       0x8000
#define DEBUG_PROCESS                     1
#define DETACHED_PROCESS                  8
#define CREATE_NEW_CONSOLE                0x0010
#define CREATE_NEW_PROCESS_GROUP          0x0200
#define CREATE_UNICODE_ENVIRONMENT        0x0400
#define CREATE_NO_WINDOW                  0x08000000
#define CREATE_BREAKAWAY_FROM_JOB         0x01000000
#define EXTENDED_STARTUPINFO_PRESENT      0x00080000
#define STARTF_USESHOWWINDOW              1
#define STARTF_USESIZE                    2
#define STARTF_USEPOSITION                4
#define STARTF_USECOUNTCHARS              8
#define STARTF_USEFILLATTRIBUTE           0x0010
#define STARTF_USESTDHANDLES              0x0100

#define PROCESS_CREATE_PROCESS           0x80
#define PROCESS_SET_SESSIONID            4
#define PROCESS_SET_QUOTA                0x100
#define PROCESS_SET_LIMITED_INFORMATION  0x2000
#define PROCESS_MODE_BACKGROUND_BEGIN    0x100000
#define PROCESS_MODE_BACKGROUND_END      0x200000
#define DEBUG_ONLY_THIS_PROCESS          2
#define CREATE_SEPARATE_WOW_VDM          0x800
#define CREATE_SHARED_WOW_VDM            0x1000
#define CREATE_PRESERVE_CODE_AUTHZ_LEVEL 0x2000000
#define CREATE_DEFAULT_ERROR_MODE        0x4000000
#define INHERIT_PARENT_AFFINITY          0x10000
#define INHERIT_CALLER_PRIORITY          0x20000
#define PROCESS_NAME_NATIVE              1

typedef struct _STARTUPINFOA {
    DWORD  cb;
    LPSTR  lpReserved, lpDesktop, lpTitle;
    DWORD  dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
    WORD   wShowWindow, cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput, hStdOutput, hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
    DWORD  cb;
    LPWSTR lpReserved, lpDesktop, lpTitle;
    DWORD  dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
    WORD   wShowWindow, cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput, hStdOutput, hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

typedef struct _PROCESS_INFORMATION {
    HANDLE hProcess;
    HANDLE hThread;
    DWORD  dwProcessId;
    DWORD  dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

typedef struct _IO_COUNTERS {
    ULONGLONG ReadOperationCount, WriteOperationCount, OtherOperationCount;
    ULONGLONG ReadTransferCount, WriteTransferCount, OtherTransferCount;
} IO_COUNTERS, *PIO_COUNTERS;

LONGSHORE_C_BEGIN
/* Gives the pseudo-handle of the process. [processthreadsapi.h GetCurrentProcess] */
HANDLE WINAPI GetCurrentProcess(VOID);
/* Gives the id of the process. [processthreadsapi.h GetCurrentProcessId] */
DWORD WINAPI GetCurrentProcessId(VOID);
/* Gives the id of a process; 0 on failure. [processthreadsapi.h GetProcessId] */
DWORD WINAPI GetProcessId(HANDLE Process);
/* Opens this process. Others are refused. [processthreadsapi.h OpenProcess] */
HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);
/* Ends the process; flushes output, runs neither atexit nor destructors.
   [processthreadsapi.h ExitProcess] */
DECLSPEC_NORETURN VOID WINAPI ExitProcess(UINT uExitCode);
/* Ends the process at once, without flushing anything. [processthreadsapi.h TerminateProcess] */
BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);
/* Gives the exit code of a process: STILL_ACTIVE. [processthreadsapi.h GetExitCodeProcess] */
BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);
/* Starts a process. [processthreadsapi.h CreateProcessA/W] */
LONGSHORE_ABSENT(CreateProcessA)
BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
    LPSECURITY_ATTRIBUTES lpProcessAttributes, LPSECURITY_ATTRIBUTES lpThreadAttributes,
    BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
    LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation);
LONGSHORE_ABSENT(CreateProcessW)
BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine,
    LPSECURITY_ATTRIBUTES lpProcessAttributes, LPSECURITY_ATTRIBUTES lpThreadAttributes,
    BOOL bInheritHandles, DWORD dwCreationFlags, LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory,
    LPSTARTUPINFOW lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation);
/* Tells how the process was started. [winbase.h GetStartupInfoA/W] */
VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo);
VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo);
/* Gives the command line of the process. [processenv.h GetCommandLineA/W] */
LPSTR WINAPI GetCommandLineA(VOID);
LPWSTR WINAPI GetCommandLineW(VOID);
/* Splits a command line; LocalFree frees the result. [shellapi.h CommandLineToArgvW] */
LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs);
/* Gives the priority class that the nice value stands for.
   [processthreadsapi.h GetPriorityClass] */
DWORD WINAPI GetPriorityClass(HANDLE hProcess);
/* Sets the priority class: the nice value of the process. [processthreadsapi.h SetPriorityClass] */
BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass);
/* Gives the processors the process may use, and those there are.
   [winbase.h GetProcessAffinityMask] */
BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask,
    PDWORD_PTR lpSystemAffinityMask);
/* Restricts the threads of the process to some processors. [winbase.h SetProcessAffinityMask] */
BOOL WINAPI SetProcessAffinityMask(HANDLE hProcess, DWORD_PTR dwProcessAffinityMask);
/* Tells when the process began and how long it has run. [processthreadsapi.h GetProcessTimes] */
BOOL WINAPI GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
    LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
/* Tells how long all processors were idle, in the kernel, in programs.
   [processthreadsapi.h GetSystemTimes] */
BOOL WINAPI GetSystemTimes(LPFILETIME lpIdleTime, LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
/* Tells how much the process has read and written. [winbase.h GetProcessIoCounters] */
BOOL WINAPI GetProcessIoCounters(HANDLE hProcess, PIO_COUNTERS lpIoCounters);
/* Counts the open handles. [processthreadsapi.h GetProcessHandleCount] */
BOOL WINAPI GetProcessHandleCount(HANDLE hProcess, PDWORD pdwHandleCount);
/* Gives the usual limits of a working set. [winbase.h GetProcessWorkingSetSize] */
BOOL WINAPI GetProcessWorkingSetSize(HANDLE hProcess, PSIZE_T lpMinimumWorkingSetSize,
    PSIZE_T lpMaximumWorkingSetSize);
/* Accepted: Linux keeps the working set. [winbase.h SetProcessWorkingSetSize] */
BOOL WINAPI SetProcessWorkingSetSize(HANDLE hProcess, SIZE_T dwMinimumWorkingSetSize,
    SIZE_T dwMaximumWorkingSetSize);
/* Accepted: Linux boosts by itself. [winbase.h SetProcessPriorityBoost] */
BOOL WINAPI SetProcessPriorityBoost(HANDLE hProcess, BOOL bDisablePriorityBoost);
/* Makes every processor see the stores of every thread.
   [processthreadsapi.h FlushProcessWriteBuffers] */
VOID WINAPI FlushProcessWriteBuffers(VOID);
/* Gives the file of the program. [winbase.h QueryFullProcessImageNameA/W] */
BOOL WINAPI QueryFullProcessImageNameA(HANDLE hProcess, DWORD dwFlags, LPSTR lpExeName,
    PDWORD lpdwSize);
BOOL WINAPI QueryFullProcessImageNameW(HANDLE hProcess, DWORD dwFlags, LPWSTR lpExeName,
    PDWORD lpdwSize);
/* Accepted: the service manager of Linux orders the shutdown.
   [processthreadsapi.h SetProcessShutdownParameters] */
BOOL WINAPI SetProcessShutdownParameters(DWORD dwLevel, DWORD dwFlags);
/* Gives the session of a process: there is one. [processthreadsapi.h ProcessIdToSessionId] */
BOOL WINAPI ProcessIdToSessionId(DWORD dwProcessId, DWORD *pSessionId);
/* Reads memory of this process without faulting. [memoryapi.h ReadProcessMemory] */
BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer, SIZE_T nSize,
    SIZE_T *lpNumberOfBytesRead);
/* Writes memory of this process without faulting. [memoryapi.h WriteProcessMemory] */
BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer,
    SIZE_T nSize, SIZE_T *lpNumberOfBytesWritten);
LONGSHORE_C_END

#ifdef UNICODE
typedef STARTUPINFOW STARTUPINFO;
typedef LPSTARTUPINFOW LPSTARTUPINFO;
#else
typedef STARTUPINFOA STARTUPINFO;
typedef LPSTARTUPINFOA LPSTARTUPINFO;
#endif
#define CreateProcess             LONGSHORE_AW(CreateProcess)
#define GetStartupInfo            LONGSHORE_AW(GetStartupInfo)
#define GetCommandLine            LONGSHORE_AW(GetCommandLine)
#define QueryFullProcessImageName LONGSHORE_AW(QueryFullProcessImageName)

#endif
