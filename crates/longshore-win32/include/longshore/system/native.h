/* Longshore: the few native names that programs take from winternl.h. */
#ifndef LONGSHORE_WINTERNL_H
#define LONGSHORE_WINTERNL_H

#include <longshore/abi/errors.h>
#include <longshore/port/overlapped.h>
#include <longshore/system/system_info.h>

#ifndef NT_SUCCESS
#define NT_SUCCESS(status)     ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) ((ULONG)(status) >> 30 == 1)
#define NT_WARNING(status)     ((ULONG)(status) >> 30 == 2)
#define NT_ERROR(status)       ((ULONG)(status) >> 30 == 3)
#endif

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;
typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING;
typedef struct _OBJECT_ATTRIBUTES {
    ULONG           Length;
    HANDLE          RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG           Attributes;
    PVOID           SecurityDescriptor;
    PVOID           SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef struct _IO_STATUS_BLOCK {
    __extension__ union { NTSTATUS Status; PVOID Pointer; };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;
LONGSHORE_C_BEGIN
/* Translates a status into a Win32 error. 19a. [winternl.h RtlNtStatusToDosError] */
ULONG WINAPI RtlNtStatusToDosError(NTSTATUS Status);
/* Gives the version of Windows; 0 is success. [wdm.h RtlGetVersion] */
NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOW *lpVersionInformation);
LONGSHORE_C_END

typedef VOID(NTAPI *PIO_APC_ROUTINE)(
    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG Reserved);

#endif
