/* Longshore: error codes, the last error, error texts and HRESULTs. */
#ifndef LONGSHORE_ERRORS_H
#define LONGSHORE_ERRORS_H

#include <stdarg.h>
#include <longshore/abi/types.h>
#include <longshore/abi/win32_errors.h>

#define MAKE_HRESULT(severity, facility, code) \
    ((HRESULT)(((ULONG)(severity) << 31) | ((ULONG)(facility) << 16) | ((ULONG)(code))))
#define SUCCEEDED(hr)         ((HRESULT)(hr) >= 0)
#define FAILED(hr)            ((HRESULT)(hr) < 0)
#define IS_ERROR(status)      ((ULONG)(status) >> 31 == 1)
#define HRESULT_CODE(hr)      ((hr) & 0xFFFF)
#define SCODE_CODE(sc)        ((sc) & 0xFFFF)
#define HRESULT_FACILITY(hr)  (((hr) >> 16) & 0x1fff)
#define HRESULT_SEVERITY(hr)  (((hr) >> 31) & 0x1)
#define FACILITY_NULL         0
#define FACILITY_ITF          4
#define FACILITY_WIN32        7
#define SEVERITY_SUCCESS      0
#define SEVERITY_ERROR        1
#define HRESULT_FROM_WIN32(error) \
    ((HRESULT)(error) <= 0 ? (HRESULT)(error) : (HRESULT)(((ULONG)(error) & 0xFFFF) | 0x80070000))
#define __HRESULT_FROM_WIN32(x) HRESULT_FROM_WIN32(x)
#define HRESULT_FROM_NT(x)      ((HRESULT)((x) | 0x10000000))
#define S_OK           ((HRESULT)0)
#define S_FALSE        ((HRESULT)1)
#define E_NOTIMPL      ((HRESULT)0x80004001)
#define E_NOINTERFACE  ((HRESULT)0x80004002)
#define E_POINTER      ((HRESULT)0x80004003)
#define E_ABORT        ((HRESULT)0x80004004)
#define E_FAIL         ((HRESULT)0x80004005)
#define E_UNEXPECTED   ((HRESULT)0x8000FFFF)
#define E_PENDING      ((HRESULT)0x8000000A)
#define E_BOUNDS       ((HRESULT)0x8000000B)
#define E_ACCESSDENIED ((HRESULT)0x80070005)
#define E_HANDLE       ((HRESULT)0x80070006)
#define E_OUTOFMEMORY  ((HRESULT)0x8007000E)
#define E_INVALIDARG   ((HRESULT)0x80070057)
#define E_NOT_VALID_STATE         HRESULT_FROM_WIN32(ERROR_INVALID_STATE)
#define E_NOT_SUFFICIENT_BUFFER   HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER)

/* The NTSTATUS codes that winnt.h itself defines; ntstatus.h has them all. */
#ifndef LONGSHORE_NTSTATUS_CODES_H
#define STATUS_WAIT_0                   ((DWORD)0x00000000)
#define STATUS_ABANDONED_WAIT_0         ((DWORD)0x00000080)
#define STATUS_USER_APC                 ((DWORD)0x000000C0)
#define STATUS_TIMEOUT                  ((DWORD)0x00000102)
#define STATUS_PENDING                  ((DWORD)0x00000103)
#define STATUS_GUARD_PAGE_VIOLATION     ((DWORD)0x80000001)
#define STATUS_DATATYPE_MISALIGNMENT    ((DWORD)0x80000002)
#define STATUS_BREAKPOINT               ((DWORD)0x80000003)
#define STATUS_SINGLE_STEP              ((DWORD)0x80000004)
#define STATUS_ACCESS_VIOLATION         ((DWORD)0xC0000005)
#define STATUS_IN_PAGE_ERROR            ((DWORD)0xC0000006)
#define STATUS_INVALID_HANDLE           ((DWORD)0xC0000008)
#define STATUS_INVALID_PARAMETER        ((DWORD)0xC000000D)
#define STATUS_NO_MEMORY                ((DWORD)0xC0000017)
#define STATUS_ILLEGAL_INSTRUCTION      ((DWORD)0xC000001D)
#define STATUS_NONCONTINUABLE_EXCEPTION ((DWORD)0xC0000025)
#define STATUS_INVALID_DISPOSITION      ((DWORD)0xC0000026)
#define STATUS_ARRAY_BOUNDS_EXCEEDED    ((DWORD)0xC000008C)
#define STATUS_FLOAT_DIVIDE_BY_ZERO     ((DWORD)0xC000008E)
#define STATUS_FLOAT_OVERFLOW           ((DWORD)0xC0000091)
#define STATUS_FLOAT_STACK_CHECK        ((DWORD)0xC0000092)
#define STATUS_FLOAT_UNDERFLOW          ((DWORD)0xC0000093)
#define STATUS_FLOAT_DENORMAL_OPERAND   ((DWORD)0xC000008D)
#define STATUS_FLOAT_INEXACT_RESULT     ((DWORD)0xC000008F)
#define STATUS_FLOAT_INVALID_OPERATION  ((DWORD)0xC0000090)
#define STATUS_INTEGER_DIVIDE_BY_ZERO   ((DWORD)0xC0000094)
#define STATUS_INTEGER_OVERFLOW         ((DWORD)0xC0000095)
#define STATUS_PRIVILEGED_INSTRUCTION   ((DWORD)0xC0000096)
#define STATUS_STACK_OVERFLOW           ((DWORD)0xC00000FD)
#define STATUS_CONTROL_C_EXIT           ((DWORD)0xC000013A)
#endif
#define STILL_ACTIVE ((DWORD)0x00000103)

#define FORMAT_MESSAGE_ALLOCATE_BUFFER    0x0100
#define FORMAT_MESSAGE_IGNORE_INSERTS     0x0200
#define FORMAT_MESSAGE_FROM_STRING        0x0400
#define FORMAT_MESSAGE_FROM_HMODULE       0x0800
#define FORMAT_MESSAGE_FROM_SYSTEM        0x1000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY     0x2000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK     0x00FF

#define SEM_FAILCRITICALERRORS     1
#define SEM_NOGPFAULTERRORBOX      2
#define SEM_NOALIGNMENTFAULTEXCEPT 4
#define SEM_NOOPENFILEERRORBOX     0x8000

LONGSHORE_C_BEGIN
/* Gives the last error of the calling thread. [errhandlingapi.h GetLastError] */
DWORD WINAPI GetLastError(VOID);
/* Sets the last error of the calling thread. [errhandlingapi.h SetLastError] */
VOID WINAPI SetLastError(DWORD dwErrCode);
/* Gives the error mode of the process. [errhandlingapi.h GetErrorMode] */
UINT WINAPI GetErrorMode(VOID);
/* Sets the error mode of the process; gives the former one. [errhandlingapi.h SetErrorMode] */
UINT WINAPI SetErrorMode(UINT uMode);
/* Sets the error mode of the thread. [errhandlingapi.h SetThreadErrorMode] */
BOOL WINAPI SetThreadErrorMode(DWORD dwNewMode, LPDWORD lpOldMode);
/* Gives the error mode of the thread. [errhandlingapi.h GetThreadErrorMode] */
DWORD WINAPI GetThreadErrorMode(VOID);
/* Makes the text of an error code, or of a message of the caller's. Always in English.
   [winbase.h FormatMessageA/W] */
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
    LPSTR lpBuffer, DWORD nSize, va_list *Arguments);
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
    LPWSTR lpBuffer, DWORD nSize, va_list *Arguments);
LONGSHORE_C_END

#define FormatMessage LONGSHORE_AW(FormatMessage)

#endif
