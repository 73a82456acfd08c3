/* Longshore: what a process may ask about itself and its neighbours (psapi.h, tlhelp32.h). */
#ifndef LONGSHORE_PROCESS_STATUS_H
#define LONGSHORE_PROCESS_STATUS_H

#include <longshore/abi/types.h>

typedef struct _PROCESS_MEMORY_COUNTERS {
    DWORD  cb;
    DWORD  PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, QuotaPeakPagedPoolUsage, QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage, PagefileUsage, PeakPagefileUsage;
} PROCESS_MEMORY_COUNTERS, *PPROCESS_MEMORY_COUNTERS;
typedef struct _PROCESS_MEMORY_COUNTERS_EX {
    DWORD  cb;
    DWORD  PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, QuotaPeakPagedPoolUsage, QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage, PagefileUsage, PeakPagefileUsage,
        PrivateUsage;
} PROCESS_MEMORY_COUNTERS_EX, *PPROCESS_MEMORY_COUNTERS_EX;

#define TH32CS_SNAPPROCESS 2
#define TH32CS_SNAPTHREAD  4
#define TH32CS_SNAPMODULE  8
typedef struct tagTHREADENTRY32 {
    DWORD dwSize, cntUsage, th32ThreadID, th32OwnerProcessID;
    LONG  tpBasePri, tpDeltaPri;
    DWORD dwFlags;
} THREADENTRY32, *PTHREADENTRY32, *LPTHREADENTRY32;
typedef struct tagPROCESSENTRY32 {
    DWORD     dwSize, cntUsage, th32ProcessID;
    ULONG_PTR th32DefaultHeapID;
    DWORD     th32ModuleID, cntThreads, th32ParentProcessID;
    LONG      pcPriClassBase;
    DWORD     dwFlags;
    CHAR      szExeFile[MAX_PATH];
} PROCESSENTRY32, *PPROCESSENTRY32, *LPPROCESSENTRY32;
typedef struct tagPROCESSENTRY32W {
    DWORD     dwSize, cntUsage, th32ProcessID;
    ULONG_PTR th32DefaultHeapID;
    DWORD     th32ModuleID, cntThreads, th32ParentProcessID;
    LONG      pcPriClassBase;
    DWORD     dwFlags;
    WCHAR     szExeFile[MAX_PATH];
} PROCESSENTRY32W, *PPROCESSENTRY32W, *LPPROCESSENTRY32W;

LONGSHORE_C_BEGIN
/* Tells how much memory the process uses. [psapi.h GetProcessMemoryInfo] */
BOOL WINAPI GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS ppsmemCounters, DWORD cb);
/* Tells how much memory the process uses. [psapi.h K32GetProcessMemoryInfo] */
BOOL WINAPI K32GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS ppsmemCounters,
    DWORD cb);
/* Lists processes, threads or both; no modules, no heaps. [tlhelp32.h CreateToolhelp32Snapshot] */
HANDLE WINAPI CreateToolhelp32Snapshot(DWORD dwFlags, DWORD th32ProcessID);
/* Gives the first thread of a list, of any process. [tlhelp32.h Thread32First] */
BOOL WINAPI Thread32First(HANDLE hSnapshot, LPTHREADENTRY32 lpte);
/* Gives the next thread of a list; ERROR_NO_MORE_FILES at the end. [tlhelp32.h Thread32Next] */
BOOL WINAPI Thread32Next(HANDLE hSnapshot, LPTHREADENTRY32 lpte);
/* Gives the first process of a list. [tlhelp32.h Process32First] */
BOOL WINAPI Process32First(HANDLE hSnapshot, LPPROCESSENTRY32 lppe);
/* Gives the next process of a list; ERROR_NO_MORE_FILES at the end. [tlhelp32.h Process32Next] */
BOOL WINAPI Process32Next(HANDLE hSnapshot, LPPROCESSENTRY32 lppe);
/* Gives the first process of a list. [tlhelp32.h Process32FirstW] */
BOOL WINAPI Process32FirstW(HANDLE hSnapshot, LPPROCESSENTRY32W lppe);
/* Gives the next process of a list; ERROR_NO_MORE_FILES at the end. [tlhelp32.h Process32NextW] */
BOOL WINAPI Process32NextW(HANDLE hSnapshot, LPPROCESSENTRY32W lppe);
LONGSHORE_C_END

#ifdef UNICODE
#define PROCESSENTRY32 PROCESSENTRY32W
#define Process32First Process32FirstW
#define Process32Next  Process32NextW
#endif

#endif
