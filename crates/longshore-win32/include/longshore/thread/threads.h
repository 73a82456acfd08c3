/* Longshore: threads, their local storage and asynchronous procedure calls. */
#ifndef LONGSHORE_THREADS_H
#define LONGSHORE_THREADS_H

#include <longshore/abi/types.h>
#include <longshore/exception/exceptions.h>

typedef DWORD (WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;
typedef VOID (NTAPI *PAPCFUNC)(ULONG_PTR Parameter);
typedef VOID (NTAPI *PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);
typedef struct _PROC_THREAD_ATTRIBUTE_LIST *PPROC_THREAD_ATTRIBUTE_LIST,
    *LPPROC_THREAD_ATTRIBUTE_LIST;

#define CREATE_SUSPENDED                  4
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000
#define THREAD_TERMINATE                  1
#define THREAD_SUSPEND_RESUME             2
#define THREAD_GET_CONTEXT                8
#define THREAD_SET_CONTEXT                0x0010
#define THREAD_SET_INFORMATION            0x0020
#define THREAD_QUERY_INFORMATION          0x0040
#define THREAD_SET_LIMITED_INFORMATION    0x0400
#define THREAD_QUERY_LIMITED_INFORMATION  0x0800
#define THREAD_ALL_ACCESS                 0x001FFFFF
#define THREAD_PRIORITY_LOWEST        (-2)
#define THREAD_PRIORITY_BELOW_NORMAL  (-1)
#define THREAD_PRIORITY_NORMAL        0
#define THREAD_PRIORITY_ABOVE_NORMAL  1
#define THREAD_PRIORITY_HIGHEST       2
#define THREAD_PRIORITY_IDLE          (-15)
#define THREAD_PRIORITY_TIME_CRITICAL 15
#define THREAD_PRIORITY_ERROR_RETURN  MAXLONG
#define THREAD_MODE_BACKGROUND_BEGIN  0x00010000
#define THREAD_MODE_BACKGROUND_END    0x00020000
#define TLS_OUT_OF_INDEXES            ((DWORD)0xFFFFFFFF)
#define FLS_OUT_OF_INDEXES            ((DWORD)0xFFFFFFFF)
#define TLS_MINIMUM_AVAILABLE         64

LONGSHORE_C_BEGIN
/* Starts a thread. [processthreadsapi.h CreateThread] */
HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
    LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter, DWORD dwCreationFlags,
    LPDWORD lpThreadId);
/* Opens a live thread that the library knows. [processthreadsapi.h OpenThread] */
HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId);
/* Ends the calling thread; frames of C++ are unwound. TX1, Q11. [processthreadsapi.h ExitThread] */
DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD dwExitCode);
/* Ends a thread where it is. What it held stays held. TX1, Q11.
   [processthreadsapi.h TerminateThread] */
BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode);
/* Stops a thread; gives the former count, or -1. [processthreadsapi.h SuspendThread] */
DWORD WINAPI SuspendThread(HANDLE hThread);
/* Takes one suspension back; gives the former count, or -1. [processthreadsapi.h ResumeThread] */
DWORD WINAPI ResumeThread(HANDLE hThread);
/* Gives the exit code of a thread; STILL_ACTIVE while it lives.
   [processthreadsapi.h GetExitCodeThread] */
BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
/* Gives the pseudo-handle of the calling thread. [processthreadsapi.h GetCurrentThread] */
HANDLE WINAPI GetCurrentThread(VOID);
/* Gives the id of the calling thread. [processthreadsapi.h GetCurrentThreadId] */
DWORD WINAPI GetCurrentThreadId(VOID);
/* Gives the id of a thread; 0 on failure. [processthreadsapi.h GetThreadId] */
DWORD WINAPI GetThreadId(HANDLE Thread);
/* Gives the process of a thread; 0 on failure. [processthreadsapi.h GetProcessIdOfThread] */
DWORD WINAPI GetProcessIdOfThread(HANDLE Thread);
/* Gives the priority that was set. [processthreadsapi.h GetThreadPriority] */
int WINAPI GetThreadPriority(HANDLE hThread);
/* Sets the priority of a thread: its nice value, as far as allowed.
   [processthreadsapi.h SetThreadPriority] */
BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority);
/* Says whether boosts are off: never. [processthreadsapi.h GetThreadPriorityBoost] */
BOOL WINAPI GetThreadPriorityBoost(HANDLE hThread, PBOOL pDisablePriorityBoost);
/* Accepted: the scheduler of Linux stays as it is. [processthreadsapi.h SetThreadPriorityBoost] */
BOOL WINAPI SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost);
/* Sets the processors of a thread; gives the former ones, or 0.
   [winbase.h SetThreadAffinityMask] */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask);
/* Sets the processors of a thread, of group 0. [processtopologyapi.h SetThreadGroupAffinity] */
BOOL WINAPI SetThreadGroupAffinity(HANDLE hThread, const GROUP_AFFINITY *GroupAffinity,
    PGROUP_AFFINITY PreviousGroupAffinity);
/* Gives the processors of a thread. [processtopologyapi.h GetThreadGroupAffinity] */
BOOL WINAPI GetThreadGroupAffinity(HANDLE hThread, PGROUP_AFFINITY GroupAffinity);
/* Remembers a processor; gives the former one, or -1. [winbase.h SetThreadIdealProcessor] */
DWORD WINAPI SetThreadIdealProcessor(HANDLE hThread, DWORD dwIdealProcessor);
/* Remembers a processor of group 0. [processthreadsapi.h SetThreadIdealProcessorEx] */
BOOL WINAPI SetThreadIdealProcessorEx(HANDLE hThread, PPROCESSOR_NUMBER lpIdealProcessor,
    PPROCESSOR_NUMBER lpPreviousIdealProcessor);
/* Names a thread; the kernel shows 15 bytes of the name.
   [processthreadsapi.h SetThreadDescription] */
HRESULT WINAPI SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription);
/* Gives the name of a thread; LocalFree frees it. [processthreadsapi.h GetThreadDescription] */
HRESULT WINAPI GetThreadDescription(HANDLE hThread, PWSTR *ppszThreadDescription);
/* Tells when a thread began and ended, and its processor time.
   [processthreadsapi.h GetThreadTimes] */
BOOL WINAPI GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
    LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
/* Gives the processor time of a thread in nanoseconds. [realtimeapiset.h QueryThreadCycleTime] */
BOOL WINAPI QueryThreadCycleTime(HANDLE ThreadHandle, PULONG64 CycleTime);
/* Says whether a thread has pending operations: it may have. [winbase.h GetThreadIOPendingFlag] */
BOOL WINAPI GetThreadIOPendingFlag(HANDLE hThread, PBOOL lpIOIsPending);
/* Accepted: the stack is as large as it is. [processthreadsapi.h SetThreadStackGuarantee] */
BOOL WINAPI SetThreadStackGuarantee(PULONG StackSizeInBytes);
/* Gives the registers of a thread: not here. [processthreadsapi.h GetThreadContext] */
LONGSHORE_ABSENT(GetThreadContext)
BOOL WINAPI GetThreadContext(HANDLE hThread, LPCONTEXT lpContext);
/* Gives the processor to another thread. [processthreadsapi.h SwitchToThread] */
BOOL WINAPI SwitchToThread(VOID);
/* Gives the processor the calling thread runs on.
   [processthreadsapi.h GetCurrentProcessorNumber] */
DWORD WINAPI GetCurrentProcessorNumber(VOID);
/* Gives the processor the calling thread runs on, with its group.
   [processthreadsapi.h GetCurrentProcessorNumberEx] */
VOID WINAPI GetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
/* Queues a function that a thread calls in an alertable wait. AP1, AP3.
   [processthreadsapi.h QueueUserAPC] */
DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
typedef enum _QUEUE_USER_APC_FLAGS {
    QUEUE_USER_APC_FLAGS_NONE = 0,
    QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC = 1,
    QUEUE_USER_APC_CALLBACK_DATA_CONTEXT = 0x10000
} QUEUE_USER_APC_FLAGS;
/* As QueueUserAPC; special APCs are refused. AP1. [processthreadsapi.h QueueUserAPC2] */
BOOL WINAPI QueueUserAPC2(PAPCFUNC ApcRoutine, HANDLE Thread, ULONG_PTR Data,
    QUEUE_USER_APC_FLAGS Flags);

/* Reserves an index of thread-local storage. [processthreadsapi.h TlsAlloc] */
DWORD WINAPI TlsAlloc(VOID);
/* Gives the calling thread's value; sets the last error in any case.
   [processthreadsapi.h TlsGetValue] */
LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
/* Sets the calling thread's value. [processthreadsapi.h TlsSetValue] */
BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);
/* Gives an index of thread-local storage back. [processthreadsapi.h TlsFree] */
BOOL WINAPI TlsFree(DWORD dwTlsIndex);
/* Reserves an index; the callback gets the value when a thread ends. [fibersapi.h FlsAlloc] */
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
/* Gives the calling thread's value; sets the last error in any case. [fibersapi.h FlsGetValue] */
PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
/* Sets the calling thread's value. [fibersapi.h FlsSetValue] */
BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
/* Gives an index back; the callback gets every thread's value. [fibersapi.h FlsFree] */
BOOL WINAPI FlsFree(DWORD dwFlsIndex);
LONGSHORE_C_END

#ifdef __cplusplus
extern "C++" {
/* A thread procedure or an identifier written with Windows' 32-bit `unsigned long`. */
static inline HANDLE CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack,
    unsigned long (*start)(LPVOID), LPVOID parameter, DWORD flags, LPDWORD id)
{
    return ::CreateThread(attributes, stack,
        reinterpret_cast<LPTHREAD_START_ROUTINE>(reinterpret_cast<void (*)()>(start)), parameter,
        flags, id);
}
template <class Id>
typename longshore::enable_if<longshore::is_unsigned_long<Id>::value, HANDLE>::type CreateThread(
    LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, LPTHREAD_START_ROUTINE start, LPVOID parameter,
    DWORD flags, Id *id)
{
    DWORD id32 = 0;
    HANDLE thread = ::CreateThread(attributes, stack, start, parameter, flags, &id32);
    *id = id32;
    return thread;
}
template <class Id>
typename longshore::enable_if<longshore::is_unsigned_long<Id>::value, HANDLE>::type CreateThread(
    LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, unsigned long (*start)(LPVOID),
    LPVOID parameter, DWORD flags, Id *id)
{
    return CreateThread(attributes, stack,
        reinterpret_cast<LPTHREAD_START_ROUTINE>(reinterpret_cast<void (*)()>(start)), parameter,
        flags, id);
}
template <class Code>
typename longshore::enable_if<longshore::is_unsigned_long<Code>::value, BOOL>::type
GetExitCodeThread(HANDLE thread, Code *code)
{
    DWORD code32 = 0;
    BOOL ok = ::GetExitCodeThread(thread, &code32);
    if (ok) *code = code32;
    return ok;
}
}
#endif

#endif
