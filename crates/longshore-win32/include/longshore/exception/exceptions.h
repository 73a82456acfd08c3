/* Longshore: the records of structured exceptions.
 *
 * __try and __except are the compiler wrapper's business; here are the types that filters and
 * handlers mention, and the functions that set handlers or raise an exception. */
#ifndef LONGSHORE_EXCEPTIONS_H
#define LONGSHORE_EXCEPTIONS_H

#include <longshore/abi/errors.h>

#define EXCEPTION_MAXIMUM_PARAMETERS 15
#define EXCEPTION_NONCONTINUABLE     0x1
#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#define EXCEPTION_ACCESS_VIOLATION         STATUS_ACCESS_VIOLATION
#define EXCEPTION_DATATYPE_MISALIGNMENT    STATUS_DATATYPE_MISALIGNMENT
#define EXCEPTION_BREAKPOINT               STATUS_BREAKPOINT
#define EXCEPTION_SINGLE_STEP              STATUS_SINGLE_STEP
#define EXCEPTION_ARRAY_BOUNDS_EXCEEDED    STATUS_ARRAY_BOUNDS_EXCEEDED
#define EXCEPTION_FLT_DENORMAL_OPERAND     STATUS_FLOAT_DENORMAL_OPERAND
#define EXCEPTION_FLT_DIVIDE_BY_ZERO       STATUS_FLOAT_DIVIDE_BY_ZERO
#define EXCEPTION_FLT_INEXACT_RESULT       STATUS_FLOAT_INEXACT_RESULT
#define EXCEPTION_FLT_INVALID_OPERATION    STATUS_FLOAT_INVALID_OPERATION
#define EXCEPTION_FLT_OVERFLOW             STATUS_FLOAT_OVERFLOW
#define EXCEPTION_FLT_STACK_CHECK          STATUS_FLOAT_STACK_CHECK
#define EXCEPTION_FLT_UNDERFLOW            STATUS_FLOAT_UNDERFLOW
#define EXCEPTION_INT_DIVIDE_BY_ZERO       STATUS_INTEGER_DIVIDE_BY_ZERO
#define EXCEPTION_INT_OVERFLOW             STATUS_INTEGER_OVERFLOW
#define EXCEPTION_PRIV_INSTRUCTION         STATUS_PRIVILEGED_INSTRUCTION
#define EXCEPTION_IN_PAGE_ERROR            STATUS_IN_PAGE_ERROR
#define EXCEPTION_ILLEGAL_INSTRUCTION      STATUS_ILLEGAL_INSTRUCTION
#define EXCEPTION_NONCONTINUABLE_EXCEPTION STATUS_NONCONTINUABLE_EXCEPTION
#define EXCEPTION_STACK_OVERFLOW           STATUS_STACK_OVERFLOW
#define EXCEPTION_INVALID_DISPOSITION      STATUS_INVALID_DISPOSITION
#define EXCEPTION_GUARD_PAGE               STATUS_GUARD_PAGE_VIOLATION
#define EXCEPTION_INVALID_HANDLE           STATUS_INVALID_HANDLE
#define CONTROL_C_EXIT                     STATUS_CONTROL_C_EXIT

typedef struct _EXCEPTION_RECORD {
    DWORD                     ExceptionCode;
    DWORD                     ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    PVOID                     ExceptionAddress;
    DWORD                     NumberParameters;
    ULONG_PTR                 ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD, *LPEXCEPTION_RECORD;

/* The registers a crash report prints; the rest of Windows' record is not kept. */
#ifdef __aarch64__
typedef struct _CONTEXT {
    DWORD   ContextFlags, Cpsr;
    union {
        struct {
            DWORD64 X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15;
            DWORD64 X16, X17, X18, X19, X20, X21, X22, X23, X24, X25, X26, X27, X28, Fp, Lr;
        };
        DWORD64 X[31];
    };
    DWORD64 Sp, Pc;
} CONTEXT, *PCONTEXT, *LPCONTEXT;
#define CONTEXT_CONTROL 0x00400001
#define CONTEXT_INTEGER 0x00400002
#define CONTEXT_FULL    0x00400007
#define CONTEXT_ALL     0x0040001F
#else
typedef struct _CONTEXT {
    DWORD   ContextFlags;
    DWORD   MxCsr;
    WORD    SegCs, SegDs, SegEs, SegFs, SegGs, SegSs;
    DWORD   EFlags;
    DWORD64 Dr0, Dr1, Dr2, Dr3, Dr6, Dr7;
    DWORD64 Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi;
    DWORD64 R8, R9, R10, R11, R12, R13, R14, R15, Rip;
} CONTEXT, *PCONTEXT, *LPCONTEXT;
#define CONTEXT_CONTROL 0x00100001
#define CONTEXT_INTEGER 0x00100002
#define CONTEXT_FULL    0x0010000B
#define CONTEXT_ALL     0x0010001F
#endif

typedef struct _EXCEPTION_POINTERS {
    PEXCEPTION_RECORD ExceptionRecord;
    PCONTEXT          ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS, *LPEXCEPTION_POINTERS;

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution,
    ExceptionContinueSearch,
    ExceptionNestedException,
    ExceptionCollidedUnwind
} EXCEPTION_DISPOSITION;

typedef LONG (WINAPI *PTOP_LEVEL_EXCEPTION_FILTER)(struct _EXCEPTION_POINTERS *ExceptionInfo);
typedef PTOP_LEVEL_EXCEPTION_FILTER LPTOP_LEVEL_EXCEPTION_FILTER;
typedef LONG (NTAPI *PVECTORED_EXCEPTION_HANDLER)(struct _EXCEPTION_POINTERS *ExceptionInfo);

/* What the compiler wrapper knows in filters, __except and __finally blocks. */
#define GetExceptionCode        _exception_code
#define exception_code          _exception_code
#define GetExceptionInformation _exception_info
#define exception_info          _exception_info
#define AbnormalTermination     _abnormal_termination
#define abnormal_termination    _abnormal_termination

LONGSHORE_C_BEGIN
/* Sets the filter for exceptions that nobody handles; gives the former one.
   [errhandlingapi.h SetUnhandledExceptionFilter] */
LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(
    LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter);
/* Does what is done with an exception that nobody handles.
   [errhandlingapi.h UnhandledExceptionFilter] */
LONG WINAPI UnhandledExceptionFilter(struct _EXCEPTION_POINTERS *ExceptionInfo);
/* Adds a handler that sees exceptions first, or last.
   [errhandlingapi.h AddVectoredExceptionHandler] */
PVOID WINAPI AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
/* Removes a handler. [errhandlingapi.h RemoveVectoredExceptionHandler] */
ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle);
/* Adds a handler that hears when an exception was let pass. [errhandlingapi.h
   AddVectoredContinueHandler] */
PVOID WINAPI AddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
/* Removes it. [errhandlingapi.h RemoveVectoredContinueHandler] */
ULONG WINAPI RemoveVectoredContinueHandler(PVOID Handle);
/* Raises an exception. Returns only if a handler lets it go on.
   [errhandlingapi.h RaiseException] */
VOID WINAPI RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments,
    const ULONG_PTR *lpArguments);
LONGSHORE_C_END

#endif
