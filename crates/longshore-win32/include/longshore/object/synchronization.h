/* Longshore: waits, and the objects one waits for: events, mutexes, semaphores, waitable timers. */
#ifndef LONGSHORE_SYNCHRONIZATION_H
#define LONGSHORE_SYNCHRONIZATION_H

#include <longshore/abi/types.h>
#include <longshore/object/handles.h>

#define WAIT_OBJECT_0    ((DWORD)0)
#define WAIT_ABANDONED   ((DWORD)0x80)
#define WAIT_ABANDONED_0 ((DWORD)0x80)
#define WAIT_IO_COMPLETION ((DWORD)0xC0)
#define WAIT_FAILED      ((DWORD)0xFFFFFFFF)
#define WAIT_TIMEOUT         258
#define MAXIMUM_WAIT_OBJECTS 64
#define MAXIMUM_SUSPEND_COUNT MAXCHAR

/* What a window would wait for besides; nothing here wakes it. */
#define QS_KEY              1
#define QS_MOUSEMOVE        2
#define QS_MOUSEBUTTON      4
#define QS_MOUSE            6
#define QS_POSTMESSAGE      8
#define QS_TIMER            0x10
#define QS_PAINT            0x20
#define QS_SENDMESSAGE      0x40
#define QS_HOTKEY           0x80
#define QS_ALLPOSTMESSAGE   0x100
#define QS_RAWINPUT         0x400
#define QS_INPUT            0x407
#define QS_ALLEVENTS        0x4BF
#define QS_ALLINPUT         0x4FF
#define MWMO_WAITALL        1
#define MWMO_ALERTABLE      2
#define MWMO_INPUTAVAILABLE 4

#define EVENT_MODIFY_STATE                    2
#define EVENT_ALL_ACCESS                      0x001F0003
#define CREATE_EVENT_MANUAL_RESET             1
#define CREATE_EVENT_INITIAL_SET              2
#define MUTEX_MODIFY_STATE                    1
#define MUTEX_ALL_ACCESS                      0x001F0001
#define MUTANT_ALL_ACCESS                     0x001F0001
#define CREATE_MUTEX_INITIAL_OWNER            1
#define SEMAPHORE_MODIFY_STATE                2
#define SEMAPHORE_ALL_ACCESS                  0x001F0003
#define TIMER_QUERY_STATE                     1
#define TIMER_MODIFY_STATE                    2
#define TIMER_ALL_ACCESS                      0x001F0003
#define CREATE_WAITABLE_TIMER_MANUAL_RESET    1
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2

typedef VOID(CALLBACK *PTIMERAPCROUTINE)(
    LPVOID lpArgToCompletionRoutine, DWORD dwTimerLowValue, DWORD dwTimerHighValue);

typedef struct _REASON_CONTEXT {
    ULONG Version;
    DWORD Flags;
    PVOID Reason[3];
} REASON_CONTEXT, *PREASON_CONTEXT;

LONGSHORE_C_BEGIN
/* Waits for an object. Q8, Q13. [synchapi.h WaitForSingleObject] */
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
/* Waits for an object; APCs may run. AP1, AP2. [synchapi.h WaitForSingleObjectEx] */
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
/* Waits for one or all of up to 64 objects. [winbase.h WaitForMultipleObjects] */
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
    DWORD dwMilliseconds);
/* Waits for one or all of up to 64 objects; APCs may run. AP1, AP2.
   [synchapi.h WaitForMultipleObjectsEx] */
DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
    DWORD dwMilliseconds, BOOL bAlertable);
/* Waits for up to 63 objects: there are no window messages.
   [winuser.h MsgWaitForMultipleObjects] */
DWORD WINAPI MsgWaitForMultipleObjects(DWORD nCount, const HANDLE *pHandles, BOOL fWaitAll,
    DWORD dwMilliseconds, DWORD dwWakeMask);
/* Waits for up to 63 objects; APCs may run. AP1. [winuser.h MsgWaitForMultipleObjectsEx] */
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD nCount, const HANDLE *pHandles, DWORD dwMilliseconds,
    DWORD dwWakeMask, DWORD dwFlags);
/* Signals one object, then waits for another. AP1. [synchapi.h SignalObjectAndWait] */
DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn,
    DWORD dwMilliseconds, BOOL bAlertable);
/* Sleeps for some milliseconds; 0 gives the processor to another thread. Q8. [synchapi.h Sleep] */
VOID WINAPI Sleep(DWORD dwMilliseconds);
/* Sleeps; APCs end it with WAIT_IO_COMPLETION. AP1, AP3. [synchapi.h SleepEx] */
DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

/* Makes an event, or opens the one of that name. [synchapi.h CreateEventA/W] */
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
    BOOL bInitialState, LPCSTR lpName);
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset,
    BOOL bInitialState, LPCWSTR lpName);
/* Makes an event with flags and rights, or opens the one of that name.
   [synchapi.h CreateEventExA/W] */
HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags,
    DWORD dwDesiredAccess);
HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags,
    DWORD dwDesiredAccess);
/* Opens an event by its name. [synchapi.h OpenEventA/W] */
HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
/* Signals an event. [synchapi.h SetEvent] */
BOOL WINAPI SetEvent(HANDLE hEvent);
/* Takes the signal of an event back. [synchapi.h ResetEvent] */
BOOL WINAPI ResetEvent(HANDLE hEvent);
/* Releases the threads that wait now and leaves the event unsignaled. [winbase.h PulseEvent] */
BOOL WINAPI PulseEvent(HANDLE hEvent);

/* Makes a mutex, or opens the one of that name. [synchapi.h CreateMutexA/W] */
HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
    LPCSTR lpName);
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner,
    LPCWSTR lpName);
/* Makes a mutex with flags and rights, or opens the one of that name.
   [synchapi.h CreateMutexExA/W] */
HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags,
    DWORD dwDesiredAccess);
HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags,
    DWORD dwDesiredAccess);
/* Opens a mutex by its name. [winbase.h OpenMutexA/W] */
HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
/* Gives a mutex back once. ERROR_NOT_OWNER. [synchapi.h ReleaseMutex] */
BOOL WINAPI ReleaseMutex(HANDLE hMutex);

/* Makes a semaphore, or opens the one of that name. [winbase.h CreateSemaphoreA/W] */
HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
    LONG lMaximumCount, LPCSTR lpName);
HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
    LONG lMaximumCount, LPCWSTR lpName);
/* Makes a semaphore with flags and rights, or opens the one of that name.
   [winbase.h CreateSemaphoreExA/W] */
HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
    LONG lMaximumCount, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
    LONG lMaximumCount, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
/* Opens a semaphore by its name. [winbase.h OpenSemaphoreA/W] */
HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
/* Adds to a semaphore, or fails with ERROR_TOO_MANY_POSTS and adds nothing.
   [synchapi.h ReleaseSemaphore] */
BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount);

/* Makes a timer, or opens the one of that name. [winbase.h CreateWaitableTimerA/W] */
HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
    LPCSTR lpTimerName);
HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
    LPCWSTR lpTimerName);
/* Makes a timer with flags and rights, or opens the one of that name.
   [winbase.h CreateWaitableTimerExA/W] */
HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName,
    DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName,
    DWORD dwFlags, DWORD dwDesiredAccess);
/* Opens a timer by its name. [winbase.h OpenWaitableTimerA/W] */
HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName);
HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName);
/* Sets a timer, due at a FILETIME or after a negative distance (100 ns units).
   [synchapi.h SetWaitableTimer] */
BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
    PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine, BOOL fResume);
/* Sets a timer; the tolerable delay is accepted and not used. [synchapi.h SetWaitableTimerEx] */
BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
    PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
    PREASON_CONTEXT WakeContext, ULONG TolerableDelay);
/* Stops a timer; its signal stays as it is. [synchapi.h CancelWaitableTimer] */
BOOL WINAPI CancelWaitableTimer(HANDLE hTimer);
LONGSHORE_C_END

#define CreateEvent           LONGSHORE_AW(CreateEvent)
#define CreateEventEx         LONGSHORE_AW(CreateEventEx)
#define OpenEvent             LONGSHORE_AW(OpenEvent)
#define CreateMutex           LONGSHORE_AW(CreateMutex)
#define CreateMutexEx         LONGSHORE_AW(CreateMutexEx)
#define OpenMutex             LONGSHORE_AW(OpenMutex)
#define CreateSemaphore       LONGSHORE_AW(CreateSemaphore)
#define CreateSemaphoreEx     LONGSHORE_AW(CreateSemaphoreEx)
#define OpenSemaphore         LONGSHORE_AW(OpenSemaphore)
#define CreateWaitableTimer   LONGSHORE_AW(CreateWaitableTimer)
#define CreateWaitableTimerEx LONGSHORE_AW(CreateWaitableTimerEx)
#define OpenWaitableTimer     LONGSHORE_AW(OpenWaitableTimer)

#endif
