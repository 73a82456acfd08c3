/* Longshore: what can be done with any handle. */
#ifndef LONGSHORE_HANDLES_H
#define LONGSHORE_HANDLES_H

#include <longshore/abi/types.h>

#define HANDLE_FLAG_INHERIT            1
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 2
#define DUPLICATE_CLOSE_SOURCE         1
#define DUPLICATE_SAME_ACCESS          2

LONGSHORE_C_BEGIN
/* Closes a handle. Pseudo-handles are accepted. TX3, TX4, C1. [handleapi.h CloseHandle] */
BOOL WINAPI CloseHandle(HANDLE hObject);
/* Makes another handle of an object of this process. P3, C2. [handleapi.h DuplicateHandle] */
BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
    HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle, DWORD dwDesiredAccess,
    BOOL bInheritHandle, DWORD dwOptions);
/* Says whether two handles name the same object. [handleapi.h CompareObjectHandles] */
BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);
/* Gives the flags of a handle. [handleapi.h GetHandleInformation] */
BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);
/* Sets the flags of a handle. [handleapi.h SetHandleInformation] */
BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);
LONGSHORE_C_END

#endif
