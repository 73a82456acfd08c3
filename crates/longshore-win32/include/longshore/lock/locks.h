/* Longshore: locks that live in the program's own memory. All have Windows' size; an all-zero
 * SRWLOCK, CONDITION_VARIABLE or INIT_ONCE is initialised. */
#ifndef LONGSHORE_LOCKS_H
#define LONGSHORE_LOCKS_H

#include <longshore/abi/types.h>

typedef struct _RTL_CRITICAL_SECTION_DEBUG *PRTL_CRITICAL_SECTION_DEBUG;
typedef struct _RTL_CRITICAL_SECTION {
    PRTL_CRITICAL_SECTION_DEBUG DebugInfo;
    LONG      LockCount;
    LONG      RecursionCount;
    HANDLE    OwningThread;
    HANDLE    LockSemaphore;
    ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION, *PRTL_CRITICAL_SECTION, CRITICAL_SECTION, *PCRITICAL_SECTION,
    *LPCRITICAL_SECTION;
#define CRITICAL_SECTION_NO_DEBUG_INFO 0x01000000

typedef struct _RTL_SRWLOCK { PVOID Ptr; } RTL_SRWLOCK, *PRTL_SRWLOCK, SRWLOCK, *PSRWLOCK;
#define RTL_SRWLOCK_INIT { 0 }
#define SRWLOCK_INIT     RTL_SRWLOCK_INIT

typedef struct _RTL_CONDITION_VARIABLE {
    PVOID Ptr;
} RTL_CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE, CONDITION_VARIABLE, *PCONDITION_VARIABLE;
#define RTL_CONDITION_VARIABLE_INIT          { 0 }
#define CONDITION_VARIABLE_INIT              RTL_CONDITION_VARIABLE_INIT
#define RTL_CONDITION_VARIABLE_LOCKMODE_SHARED 0x1
#define CONDITION_VARIABLE_LOCKMODE_SHARED     0x1

typedef union _RTL_RUN_ONCE {
    PVOID Ptr;
} RTL_RUN_ONCE, *PRTL_RUN_ONCE, INIT_ONCE, *PINIT_ONCE, *LPINIT_ONCE;
#define RTL_RUN_ONCE_INIT     { 0 }
#define INIT_ONCE_STATIC_INIT RTL_RUN_ONCE_INIT
#define INIT_ONCE_CHECK_ONLY  0x1
#define INIT_ONCE_ASYNC       0x2
#define INIT_ONCE_INIT_FAILED 0x4
#define INIT_ONCE_CTX_RESERVED_BITS 2
typedef BOOL (WINAPI *PINIT_ONCE_FN)(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context);

typedef struct _RTL_BARRIER {
    DWORD     Reserved1;
    DWORD     Reserved2;
    ULONG_PTR Reserved3[2];
    DWORD     Reserved4;
    DWORD     Reserved5;
} RTL_BARRIER, *PRTL_BARRIER, SYNCHRONIZATION_BARRIER, *PSYNCHRONIZATION_BARRIER,
    *LPSYNCHRONIZATION_BARRIER;
#define SYNCHRONIZATION_BARRIER_FLAGS_SPIN_ONLY  0x1
#define SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY 0x2
#define SYNCHRONIZATION_BARRIER_FLAGS_NO_DELETE  0x4

LONGSHORE_C_BEGIN
/* Makes a critical section ready. [synchapi.h InitializeCriticalSection] */
VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* Makes a critical section ready, with a spin count.
   [synchapi.h InitializeCriticalSectionAndSpinCount] */
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection,
    DWORD dwSpinCount);
/* Makes a critical section ready; the flags change nothing.
   [synchapi.h InitializeCriticalSectionEx] */
BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount,
    DWORD Flags);
/* Sets the spin count; gives the former one. [synchapi.h SetCriticalSectionSpinCount] */
DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount);
/* Ends the use of a critical section. [synchapi.h DeleteCriticalSection] */
VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* Enters a critical section; waits while another thread is in it.
   [synchapi.h EnterCriticalSection] */
VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* Leaves a critical section once. [synchapi.h LeaveCriticalSection] */
VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
/* Enters a critical section unless another thread is in it. [synchapi.h TryEnterCriticalSection] */
BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* Makes a slim lock ready. [synchapi.h InitializeSRWLock] */
VOID WINAPI InitializeSRWLock(PSRWLOCK SRWLock);
/* Takes a slim lock alone. Not recursive. [synchapi.h AcquireSRWLockExclusive] */
VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock);
/* Takes a slim lock with other readers. Not recursive. [synchapi.h AcquireSRWLockShared] */
VOID WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock);
/* Frees a slim lock taken alone. [synchapi.h ReleaseSRWLockExclusive] */
VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock);
/* Frees a slim lock taken with others. [synchapi.h ReleaseSRWLockShared] */
VOID WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock);
/* Takes a slim lock alone, if it is free. [synchapi.h TryAcquireSRWLockExclusive] */
BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock);
/* Takes a slim lock with other readers, if no writer has it.
   [synchapi.h TryAcquireSRWLockShared] */
BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock);

/* Makes a condition variable ready. [synchapi.h InitializeConditionVariable] */
VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable);
/* Leaves the section, sleeps, enters it again. ERROR_TIMEOUT.
   [synchapi.h SleepConditionVariableCS] */
BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable,
    PCRITICAL_SECTION CriticalSection, DWORD dwMilliseconds);
/* Frees the lock, sleeps, takes it again. ERROR_TIMEOUT. [synchapi.h SleepConditionVariableSRW] */
BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock,
    DWORD dwMilliseconds, ULONG Flags);
/* Wakes one thread that sleeps on the variable. [synchapi.h WakeConditionVariable] */
VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable);
/* Wakes every thread that sleeps on the variable. [synchapi.h WakeAllConditionVariable] */
VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable);

/* Makes a one-time initialization ready. [synchapi.h InitOnceInitialize] */
VOID WINAPI InitOnceInitialize(PINIT_ONCE InitOnce);
/* Runs a function once; others wait. After FALSE the next caller tries again.
   [synchapi.h InitOnceExecuteOnce] */
BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter,
    LPVOID *Context);
/* Begins a one-time initialization; pending is FALSE if it is done.
   [synchapi.h InitOnceBeginInitialize] */
BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending,
    LPVOID *lpContext);
/* Ends a one-time initialization. [synchapi.h InitOnceComplete] */
BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext);

/* Sleeps while a variable has a value; may return early. ERROR_TIMEOUT.
   [synchapi.h WaitOnAddress] */
BOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize,
    DWORD dwMilliseconds);
/* Wakes the thread that has slept longest on a variable. [synchapi.h WakeByAddressSingle] */
VOID WINAPI WakeByAddressSingle(PVOID Address);
/* Wakes every thread that sleeps on a variable. [synchapi.h WakeByAddressAll] */
VOID WINAPI WakeByAddressAll(PVOID Address);

/* Makes a barrier for a number of threads. [synchapi.h InitializeSynchronizationBarrier] */
BOOL WINAPI InitializeSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER lpBarrier,
    LONG lTotalThreads, LONG lSpinCount);
/* Waits until all threads have come; TRUE for the last one.
   [synchapi.h EnterSynchronizationBarrier] */
BOOL WINAPI EnterSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER lpBarrier, DWORD dwFlags);
/* Ends the use of a barrier, once all have left it. [synchapi.h DeleteSynchronizationBarrier] */
BOOL WINAPI DeleteSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER lpBarrier);
LONGSHORE_C_END

#endif
