/* Longshore: what can be done with any handle. */
#ifndef LONGSHORE_HANDLES_H
#define LONGSHORE_HANDLES_H

#include <longshore/abi/types.h>

#define HANDLE_FLAG_INHERIT            1
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 2
#define DUPLICATE_CLOSE_SOURCE         1
#define DUPLICATE_SAME_ACCESS          2

LONGSHORE_C_BEGIN
BOOL WINAPI CloseHandle(HANDLE hObject);
BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);
BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle);
BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags);
BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags);
LONGSHORE_C_END

#endif
