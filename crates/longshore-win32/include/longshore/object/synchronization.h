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

typedef VOID (CALLBACK *PTIMERAPCROUTINE)(LPVOID lpArgToCompletionRoutine, DWORD dwTimerLowValue, DWORD dwTimerHighValue);

typedef struct _REASON_CONTEXT { ULONG Version; DWORD Flags; PVOID Reason[3]; } REASON_CONTEXT, *PREASON_CONTEXT;

LONGSHORE_C_BEGIN
DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable);
DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds);
DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds, BOOL bAlertable);
DWORD WINAPI MsgWaitForMultipleObjects(DWORD nCount, const HANDLE *pHandles, BOOL fWaitAll, DWORD dwMilliseconds, DWORD dwWakeMask);
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD nCount, const HANDLE *pHandles, DWORD dwMilliseconds, DWORD dwWakeMask, DWORD dwFlags);
DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable);
VOID WINAPI Sleep(DWORD dwMilliseconds);
DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable);

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName);
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName);
HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
BOOL WINAPI SetEvent(HANDLE hEvent);
BOOL WINAPI ResetEvent(HANDLE hEvent);
BOOL WINAPI PulseEvent(HANDLE hEvent);

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName);
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName);
HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
BOOL WINAPI ReleaseMutex(HANDLE hMutex);

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName);
HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName);
HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount);

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCSTR lpTimerName);
HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset, LPCWSTR lpTimerName);
HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName, DWORD dwFlags, DWORD dwDesiredAccess);
HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName);
HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName);
BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine, BOOL fResume);
BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod, PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine, PREASON_CONTEXT WakeContext, ULONG TolerableDelay);
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
