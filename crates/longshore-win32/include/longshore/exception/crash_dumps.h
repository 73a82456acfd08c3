/* Longshore: dbghelp and minidumps. No dump is written; the functions fail cleanly. */
#ifndef LONGSHORE_CRASH_DUMPS_H
#define LONGSHORE_CRASH_DUMPS_H

#include <longshore/abi/types.h>
#include <longshore/exception/exceptions.h>

typedef enum _MINIDUMP_TYPE {
    MiniDumpNormal = 0x0,
    MiniDumpWithDataSegs = 0x1,
    MiniDumpWithFullMemory = 0x2,
    MiniDumpWithHandleData = 0x4,
    MiniDumpFilterMemory = 0x8,
    MiniDumpScanMemory = 0x10,
    MiniDumpWithUnloadedModules = 0x20,
    MiniDumpWithIndirectlyReferencedMemory = 0x40,
    MiniDumpFilterModulePaths = 0x80,
    MiniDumpWithProcessThreadData = 0x100,
    MiniDumpWithPrivateReadWriteMemory = 0x200,
    MiniDumpWithoutOptionalData = 0x400,
    MiniDumpWithFullMemoryInfo = 0x800,
    MiniDumpWithThreadInfo = 0x1000,
    MiniDumpWithCodeSegs = 0x2000
} MINIDUMP_TYPE;

typedef struct _MINIDUMP_EXCEPTION_INFORMATION {
    DWORD               ThreadId;
    PEXCEPTION_POINTERS ExceptionPointers;
    BOOL                ClientPointers;
} __attribute__((__packed__, __aligned__(4))) MINIDUMP_EXCEPTION_INFORMATION,
    *PMINIDUMP_EXCEPTION_INFORMATION;
typedef struct _MINIDUMP_USER_STREAM {
    ULONG32 Type;
    ULONG BufferSize;
    PVOID Buffer;
} __attribute__((__packed__, __aligned__(4))) MINIDUMP_USER_STREAM, *PMINIDUMP_USER_STREAM;
typedef struct _MINIDUMP_USER_STREAM_INFORMATION {
    ULONG                 UserStreamCount;
    PMINIDUMP_USER_STREAM UserStreamArray;
} __attribute__((__packed__, __aligned__(4))) MINIDUMP_USER_STREAM_INFORMATION,
    *PMINIDUMP_USER_STREAM_INFORMATION;
typedef struct _MINIDUMP_CALLBACK_INFORMATION *PMINIDUMP_CALLBACK_INFORMATION;

typedef struct _SYMBOL_INFO {
    ULONG   SizeOfStruct, TypeIndex;
    ULONG64 Reserved[2];
    ULONG   Index, Size;
    ULONG64 ModBase;
    ULONG   Flags;
    ULONG64 Value, Address;
    ULONG   Register, Scope, Tag, NameLen, MaxNameLen;
    CHAR    Name[1];
} SYMBOL_INFO, *PSYMBOL_INFO;
typedef struct _IMAGEHLP_LINE64 {
    DWORD SizeOfStruct;
    PVOID Key;
    DWORD LineNumber;
    PCHAR FileName;
    DWORD64 Address;
} IMAGEHLP_LINE64, *PIMAGEHLP_LINE64;
#define MAX_SYM_NAME      2000
#define SYMOPT_UNDNAME    0x2
#define SYMOPT_DEFERRED_LOADS 0x4
#define SYMOPT_LOAD_LINES 0x10

LONGSHORE_C_BEGIN
/* Writes a dump of a process: the kernel writes core files instead.
   [minidumpapiset.h MiniDumpWriteDump] */
LONGSHORE_ABSENT(MiniDumpWriteDump)
BOOL WINAPI MiniDumpWriteDump(HANDLE hProcess, DWORD ProcessId, HANDLE hFile,
    MINIDUMP_TYPE DumpType, PMINIDUMP_EXCEPTION_INFORMATION ExceptionParam,
    PMINIDUMP_USER_STREAM_INFORMATION UserStreamParam,
    PMINIDUMP_CALLBACK_INFORMATION CallbackParam);
/* Loads symbols: there are none of Windows' kind. [dbghelp.h SymInitialize] */
LONGSHORE_ABSENT(SymInitialize)
BOOL WINAPI SymInitialize(HANDLE hProcess, PCSTR UserSearchPath, BOOL fInvadeProcess);
/* Loads symbols: there are none of Windows' kind. ERROR_CALL_NOT_IMPLEMENTED.
   [dbghelp.h SymInitializeW] */
LONGSHORE_ABSENT(SymInitializeW)
BOOL WINAPI SymInitializeW(HANDLE hProcess, PCWSTR UserSearchPath, BOOL fInvadeProcess);
/* Forgets symbols. [dbghelp.h SymCleanup] */
BOOL WINAPI SymCleanup(HANDLE hProcess);
/* Sets options for symbols, which change nothing. [dbghelp.h SymSetOptions] */
DWORD WINAPI SymSetOptions(DWORD SymOptions);
/* Gives the options for symbols. [dbghelp.h SymGetOptions] */
DWORD WINAPI SymGetOptions(VOID);
/* Names the function at an address, if the dynamic linker knows it. [dbghelp.h SymFromAddr] */
BOOL WINAPI SymFromAddr(HANDLE hProcess, DWORD64 Address, DWORD64 *Displacement,
    PSYMBOL_INFO Symbol);
/* Names the source line of an address: none is known. [dbghelp.h SymGetLineFromAddr64] */
LONGSHORE_ABSENT(SymGetLineFromAddr64)
BOOL WINAPI SymGetLineFromAddr64(HANDLE hProcess, DWORD64 qwAddr, PDWORD pdwDisplacement,
    PIMAGEHLP_LINE64 Line64);
LONGSHORE_C_END

typedef BOOL(WINAPI *MINIDUMPWRITEDUMP)(HANDLE hProcess, DWORD ProcessId, HANDLE hFile,
    MINIDUMP_TYPE DumpType, PMINIDUMP_EXCEPTION_INFORMATION ExceptionParam,
    PMINIDUMP_USER_STREAM_INFORMATION UserStreamParam,
    PMINIDUMP_CALLBACK_INFORMATION CallbackParam);

#endif
