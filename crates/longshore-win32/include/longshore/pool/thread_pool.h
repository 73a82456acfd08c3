/* Longshore: the thread pool (work, timers, waits, I/O), the older timer queues and registered
   waits. */
#ifndef LONGSHORE_THREAD_POOL_H
#define LONGSHORE_THREAD_POOL_H

#include <longshore/abi/types.h>
#include <longshore/port/overlapped.h>
#include <longshore/thread/threads.h>
#include <longshore/lock/locks.h>

typedef struct _TP_CALLBACK_INSTANCE TP_CALLBACK_INSTANCE, *PTP_CALLBACK_INSTANCE;
typedef struct _TP_POOL TP_POOL, *PTP_POOL;
typedef struct _TP_CLEANUP_GROUP TP_CLEANUP_GROUP, *PTP_CLEANUP_GROUP;
typedef struct _TP_WORK TP_WORK, *PTP_WORK;
typedef struct _TP_TIMER TP_TIMER, *PTP_TIMER;
typedef struct _TP_WAIT TP_WAIT, *PTP_WAIT;
typedef struct _TP_IO TP_IO, *PTP_IO;
typedef struct _ACTIVATION_CONTEXT *PACTIVATION_CONTEXT;
typedef DWORD TP_VERSION, *PTP_VERSION, TP_WAIT_RESULT;

typedef VOID (NTAPI *PTP_SIMPLE_CALLBACK)(PTP_CALLBACK_INSTANCE Instance, PVOID Context);
typedef VOID(NTAPI *PTP_WORK_CALLBACK)(
    PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WORK Work);
typedef VOID(NTAPI *PTP_TIMER_CALLBACK)(
    PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_TIMER Timer);
typedef VOID(NTAPI *PTP_WAIT_CALLBACK)(
    PTP_CALLBACK_INSTANCE Instance, PVOID Context, PTP_WAIT Wait, TP_WAIT_RESULT WaitResult);
typedef VOID(WINAPI *PTP_WIN32_IO_CALLBACK)(PTP_CALLBACK_INSTANCE Instance, PVOID Context,
    PVOID Overlapped, ULONG IoResult, ULONG_PTR NumberOfBytesTransferred, PTP_IO Io);
typedef VOID (NTAPI *PTP_CLEANUP_GROUP_CANCEL_CALLBACK)(PVOID ObjectContext, PVOID CleanupContext);

typedef enum _TP_CALLBACK_PRIORITY {
    TP_CALLBACK_PRIORITY_HIGH,
    TP_CALLBACK_PRIORITY_NORMAL,
    TP_CALLBACK_PRIORITY_LOW,
    TP_CALLBACK_PRIORITY_INVALID,
    TP_CALLBACK_PRIORITY_COUNT = TP_CALLBACK_PRIORITY_INVALID
} TP_CALLBACK_PRIORITY;

typedef struct _TP_POOL_STACK_INFORMATION {
    SIZE_T StackReserve;
    SIZE_T StackCommit;
} TP_POOL_STACK_INFORMATION, *PTP_POOL_STACK_INFORMATION;

typedef struct _TP_CALLBACK_ENVIRON_V3 {
    TP_VERSION           Version;
    PTP_POOL             Pool;
    PTP_CLEANUP_GROUP    CleanupGroup;
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK CleanupGroupCancelCallback;
    PVOID                RaceDll;
    PACTIVATION_CONTEXT  ActivationContext;
    PTP_SIMPLE_CALLBACK  FinalizationCallback;
    union {
        DWORD Flags;
        struct { DWORD LongFunction : 1; DWORD Persistent : 1; DWORD Private : 30; } s;
    } u;
    TP_CALLBACK_PRIORITY CallbackPriority;
    DWORD                Size;
} TP_CALLBACK_ENVIRON_V3, TP_CALLBACK_ENVIRON, *PTP_CALLBACK_ENVIRON;

/* The environment of callbacks. [winnt InitializeThreadpoolEnvironment] */
static inline VOID InitializeThreadpoolEnvironment(PTP_CALLBACK_ENVIRON e)
{
    __builtin_memset(e, 0, sizeof *e);
    e->Version = 3;
    e->CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL;
    e->Size = sizeof *e;
}
static inline VOID DestroyThreadpoolEnvironment(PTP_CALLBACK_ENVIRON e) { (void)e; }
static inline VOID SetThreadpoolCallbackPool(PTP_CALLBACK_ENVIRON e, PTP_POOL pool)
{
    e->Pool = pool;
}
static inline VOID SetThreadpoolCallbackRunsLong(PTP_CALLBACK_ENVIRON e)
{
    e->u.s.LongFunction = 1;
}
static inline VOID SetThreadpoolCallbackPersistent(PTP_CALLBACK_ENVIRON e)
{
    e->u.s.Persistent = 1;
}
static inline VOID SetThreadpoolCallbackPriority(
    PTP_CALLBACK_ENVIRON e, TP_CALLBACK_PRIORITY priority)
{
    e->CallbackPriority = priority;
}
static inline VOID SetThreadpoolCallbackLibrary(PTP_CALLBACK_ENVIRON e, PVOID module)
{
    e->RaceDll = module;
}
static inline VOID SetThreadpoolCallbackCleanupGroup(
    PTP_CALLBACK_ENVIRON e, PTP_CLEANUP_GROUP group, PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancel)
{
    e->CleanupGroup = group;
    e->CleanupGroupCancelCallback = cancel;
}

typedef VOID (NTAPI *WAITORTIMERCALLBACKFUNC)(PVOID lpParameter, BOOLEAN TimerOrWaitFired);
typedef WAITORTIMERCALLBACKFUNC WAITORTIMERCALLBACK;
#define WT_EXECUTEDEFAULT            0
#define WT_EXECUTEINIOTHREAD         1
#define WT_EXECUTEINUITHREAD         2
#define WT_EXECUTEINWAITTHREAD       4
#define WT_EXECUTEONLYONCE           8
#define WT_EXECUTEINTIMERTHREAD      0x0020
#define WT_EXECUTELONGFUNCTION       0x0010
#define WT_EXECUTEINPERSISTENTTHREAD 0x0080
#define WT_TRANSFER_IMPERSONATION    0x0100
#define WT_SET_MAX_THREADPOOL_THREADS(flags, limit) ((flags) |= (limit) << 16)

LONGSHORE_C_BEGIN
/* Makes a thread pool. [threadpoolapiset.h CreateThreadpool] */
PTP_POOL WINAPI CreateThreadpool(PVOID reserved);
/* Closes a pool: at once, or with the last of its objects. [threadpoolapiset.h CloseThreadpool] */
VOID WINAPI CloseThreadpool(PTP_POOL ptpp);
/* Sets the largest number of threads of a pool. [threadpoolapiset.h SetThreadpoolThreadMaximum] */
VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost);
/* Sets the smallest number of threads of a pool. [threadpoolapiset.h SetThreadpoolThreadMinimum] */
BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic);
/* Accepted: threads of a pool have the usual stack.
   [threadpoolapiset.h SetThreadpoolStackInformation] */
BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi);
/* Gives Windows' default sizes of a stack. [threadpoolapiset.h QueryThreadpoolStackInformation] */
BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL ptpp, PTP_POOL_STACK_INFORMATION ptpsi);

/* Makes a cleanup group. [threadpoolapiset.h CreateThreadpoolCleanupGroup] */
PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID);
/* Closes the objects of a group and waits; may cancel what has not begun.
   [threadpoolapiset.h CloseThreadpoolCleanupGroupMembers] */
VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg,
    BOOL fCancelPendingCallbacks, PVOID pvCleanupContext);
/* Closes a cleanup group. [threadpoolapiset.h CloseThreadpoolCleanupGroup] */
VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg);

/* Signals an event when the callback has returned.
   [threadpoolapiset.h SetEventWhenCallbackReturns] */
VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt);
/* Adds to a semaphore when the callback has returned.
   [threadpoolapiset.h ReleaseSemaphoreWhenCallbackReturns] */
VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem, DWORD crel);
/* Gives a mutex back when the callback has returned.
   [threadpoolapiset.h ReleaseMutexWhenCallbackReturns] */
VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut);
/* Leaves a section when the callback has returned.
   [threadpoolapiset.h LeaveCriticalSectionWhenCallbackReturns] */
VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci,
    PCRITICAL_SECTION pcs);
/* Accepted: a loaded library stays. [threadpoolapiset.h FreeLibraryWhenCallbackReturns] */
VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod);
/* Says that the callback may take long, so that others need not wait.
   [threadpoolapiset.h CallbackMayRunLong] */
BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci);
/* Ends the callback for those who wait for it.
   [threadpoolapiset.h DisassociateCurrentThreadFromCallback] */
VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci);

/* Calls a function on a thread of a pool. [threadpoolapiset.h TrySubmitThreadpoolCallback] */
BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv,
    PTP_CALLBACK_ENVIRON pcbe);

/* Makes a work object. [threadpoolapiset.h CreateThreadpoolWork] */
PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);
/* Calls the callback of a work object once more. [threadpoolapiset.h SubmitThreadpoolWork] */
VOID WINAPI SubmitThreadpoolWork(PTP_WORK pwk);
/* Waits for the callbacks of a work object; may cancel what has not begun.
   [threadpoolapiset.h WaitForThreadpoolWorkCallbacks] */
VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks);
/* Closes a work object: at once, or after its callbacks.
   [threadpoolapiset.h CloseThreadpoolWork] */
VOID WINAPI CloseThreadpoolWork(PTP_WORK pwk);

/* Makes a pool timer that is not set. [threadpoolapiset.h CreateThreadpoolTimer] */
PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv,
    PTP_CALLBACK_ENVIRON pcbe);
/* Sets a pool timer, due at a FILETIME or a negative distance; NULL stops it.
   [threadpoolapiset.h SetThreadpoolTimer] */
VOID WINAPI SetThreadpoolTimer(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
    DWORD msWindowLength);
/* Sets a pool timer; says whether it was set before. [threadpoolapiset.h SetThreadpoolTimerEx] */
BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod,
    DWORD msWindowLength);
/* Says whether a pool timer is set. [threadpoolapiset.h IsThreadpoolTimerSet] */
BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER pti);
/* Waits for the callbacks of a timer; may cancel what has not begun.
   [threadpoolapiset.h WaitForThreadpoolTimerCallbacks] */
VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks);
/* Stops and closes a pool timer. [threadpoolapiset.h CloseThreadpoolTimer] */
VOID WINAPI CloseThreadpoolTimer(PTP_TIMER pti);

/* Makes a wait object that waits for nothing yet. [threadpoolapiset.h CreateThreadpoolWait] */
PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv, PTP_CALLBACK_ENVIRON pcbe);
/* Calls the callback once, when the handle is signaled or the time is over.
   [threadpoolapiset.h SetThreadpoolWait] */
VOID WINAPI SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout);
/* As SetThreadpoolWait; says whether it waited for something before.
   [threadpoolapiset.h SetThreadpoolWaitEx] */
BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout, PVOID Reserved);
/* Waits for the callback of a wait object; may cancel it.
   [threadpoolapiset.h WaitForThreadpoolWaitCallbacks] */
VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks);
/* Ends and closes a wait object. [threadpoolapiset.h CloseThreadpoolWait] */
VOID WINAPI CloseThreadpoolWait(PTP_WAIT pwa);

/* Binds a file to a pool, which calls back for announced operations. TP2.
   [threadpoolapiset.h CreateThreadpoolIo] */
PTP_IO WINAPI CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv,
    PTP_CALLBACK_ENVIRON pcbe);
/* Announces an operation before it is started. TP2. [threadpoolapiset.h StartThreadpoolIo] */
VOID WINAPI StartThreadpoolIo(PTP_IO pio);
/* Takes an announcement back, when no packet will come. TP2.
   [threadpoolapiset.h CancelThreadpoolIo] */
VOID WINAPI CancelThreadpoolIo(PTP_IO pio);
/* Waits for the callbacks of a file; may drop those not begun. TP3.
   [threadpoolapiset.h WaitForThreadpoolIoCallbacks] */
VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks);
/* Closes the object after what was announced; the file stays bound. TP3.
   [threadpoolapiset.h CloseThreadpoolIo] */
VOID WINAPI CloseThreadpoolIo(PTP_IO pio);

/* Calls a function on a thread of the process's pool.
   [threadpoollegacyapiset.h QueueUserWorkItem] */
BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags);
/* Calls a function on a pool thread when an object is signaled. TP4.
   [winbase.h RegisterWaitForSingleObject] */
BOOL WINAPI RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject,
    WAITORTIMERCALLBACK Callback, PVOID Context, ULONG dwMilliseconds, ULONG dwFlags);
/* Ends a registered wait; ERROR_IO_PENDING while its callback runs. TP4.
   [winbase.h UnregisterWait] */
BOOL WINAPI UnregisterWait(HANDLE WaitHandle);
/* Ends a registered wait, and waits or signals an event. TP4.
   [threadpoollegacyapiset.h UnregisterWaitEx] */
BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent);

/* Makes a timer queue. [threadpoollegacyapiset.h CreateTimerQueue] */
HANDLE WINAPI CreateTimerQueue(VOID);
/* Makes a timer of a queue, due after a time in ms, then periodic.
   [threadpoollegacyapiset.h CreateTimerQueueTimer] */
BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue,
    WAITORTIMERCALLBACK Callback, PVOID Parameter, DWORD DueTime, DWORD Period, ULONG Flags);
/* Sets a timer of a queue anew. [threadpoollegacyapiset.h ChangeTimerQueueTimer] */
BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period);
/* Deletes a timer of a queue, and waits or signals an event.
   [threadpoollegacyapiset.h DeleteTimerQueueTimer] */
BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent);
/* Deletes a queue with its timers; does not wait. [winbase.h DeleteTimerQueue] */
BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue);
/* Deletes a queue with its timers, and waits or signals an event.
   [threadpoollegacyapiset.h DeleteTimerQueueEx] */
BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent);
LONGSHORE_C_END

#endif
