/* Longshore: threads, their local storage and asynchronous procedure calls. */
#ifndef LONGSHORE_THREADS_H
#define LONGSHORE_THREADS_H

#include <longshore/abi/types.h>
#include <longshore/exception/exceptions.h>

typedef DWORD (WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;
typedef VOID (NTAPI *PAPCFUNC)(ULONG_PTR Parameter);
typedef VOID (NTAPI *PFLS_CALLBACK_FUNCTION)(PVOID lpFlsData);
typedef struct _PROC_THREAD_ATTRIBUTE_LIST *PPROC_THREAD_ATTRIBUTE_LIST, *LPPROC_THREAD_ATTRIBUTE_LIST;

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
HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize, LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter, DWORD dwCreationFlags, LPDWORD lpThreadId);
HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId);
DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD dwExitCode);
BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode);
DWORD WINAPI SuspendThread(HANDLE hThread);
DWORD WINAPI ResumeThread(HANDLE hThread);
BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
HANDLE WINAPI GetCurrentThread(VOID);
DWORD WINAPI GetCurrentThreadId(VOID);
DWORD WINAPI GetThreadId(HANDLE Thread);
DWORD WINAPI GetProcessIdOfThread(HANDLE Thread);
int WINAPI GetThreadPriority(HANDLE hThread);
BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority);
BOOL WINAPI GetThreadPriorityBoost(HANDLE hThread, PBOOL pDisablePriorityBoost);
BOOL WINAPI SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost);
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask);
BOOL WINAPI SetThreadGroupAffinity(HANDLE hThread, const GROUP_AFFINITY *GroupAffinity, PGROUP_AFFINITY PreviousGroupAffinity);
BOOL WINAPI GetThreadGroupAffinity(HANDLE hThread, PGROUP_AFFINITY GroupAffinity);
DWORD WINAPI SetThreadIdealProcessor(HANDLE hThread, DWORD dwIdealProcessor);
BOOL WINAPI SetThreadIdealProcessorEx(HANDLE hThread, PPROCESSOR_NUMBER lpIdealProcessor, PPROCESSOR_NUMBER lpPreviousIdealProcessor);
HRESULT WINAPI SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription);
HRESULT WINAPI GetThreadDescription(HANDLE hThread, PWSTR *ppszThreadDescription);
BOOL WINAPI GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime, LPFILETIME lpExitTime, LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
BOOL WINAPI QueryThreadCycleTime(HANDLE ThreadHandle, PULONG64 CycleTime);
BOOL WINAPI GetThreadIOPendingFlag(HANDLE hThread, PBOOL lpIOIsPending);
BOOL WINAPI SetThreadStackGuarantee(PULONG StackSizeInBytes);
BOOL WINAPI GetThreadContext(HANDLE hThread, LPCONTEXT lpContext);
BOOL WINAPI SwitchToThread(VOID);
DWORD WINAPI GetCurrentProcessorNumber(VOID);
VOID WINAPI GetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
typedef enum _QUEUE_USER_APC_FLAGS { QUEUE_USER_APC_FLAGS_NONE = 0, QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC = 1, QUEUE_USER_APC_CALLBACK_DATA_CONTEXT = 0x10000 } QUEUE_USER_APC_FLAGS;
BOOL WINAPI QueueUserAPC2(PAPCFUNC ApcRoutine, HANDLE Thread, ULONG_PTR Data, QUEUE_USER_APC_FLAGS Flags);

DWORD WINAPI TlsAlloc(VOID);
LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);
BOOL WINAPI TlsFree(DWORD dwTlsIndex);
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
BOOL WINAPI FlsFree(DWORD dwFlsIndex);
LONGSHORE_C_END

#ifdef __cplusplus
extern "C++" {
/* A thread procedure or an identifier written with Windows' 32-bit `unsigned long`. */
static inline HANDLE CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, unsigned long (*start)(LPVOID), LPVOID parameter, DWORD flags, LPDWORD id)
{
    return ::CreateThread(attributes, stack, reinterpret_cast<LPTHREAD_START_ROUTINE>(reinterpret_cast<void (*)()>(start)), parameter, flags, id);
}
template <class Id>
typename longshore::enable_if<longshore::is_unsigned_long<Id>::value, HANDLE>::type
CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags, Id *id)
{
    DWORD id32 = 0;
    HANDLE thread = ::CreateThread(attributes, stack, start, parameter, flags, &id32);
    *id = id32;
    return thread;
}
template <class Id>
typename longshore::enable_if<longshore::is_unsigned_long<Id>::value, HANDLE>::type
CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, unsigned long (*start)(LPVOID), LPVOID parameter, DWORD flags, Id *id)
{
    return CreateThread(attributes, stack, reinterpret_cast<LPTHREAD_START_ROUTINE>(reinterpret_cast<void (*)()>(start)), parameter, flags, id);
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
