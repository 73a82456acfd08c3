/* Longshore: memory: heaps, virtual memory, file mappings and the old global and local blocks. */
#ifndef LONGSHORE_MEMORY_H
#define LONGSHORE_MEMORY_H

#include <longshore/abi/types.h>

#define PAGE_NOACCESS          1
#define PAGE_READONLY          2
#define PAGE_READWRITE         4
#define PAGE_WRITECOPY         8
#define PAGE_EXECUTE           0x0010
#define PAGE_EXECUTE_READ      0x0020
#define PAGE_EXECUTE_READWRITE 0x0040
#define PAGE_EXECUTE_WRITECOPY 0x0080
#define PAGE_GUARD             0x0100
#define PAGE_NOCACHE           0x0200
#define PAGE_WRITECOMBINE      0x0400
#define MEM_COMMIT             0x1000
#define MEM_RESERVE            0x2000
#define MEM_DECOMMIT           0x4000
#define MEM_RELEASE            0x8000
#define MEM_FREE               0x00010000
#define MEM_PRIVATE            0x00020000
#define MEM_MAPPED             0x00040000
#define MEM_RESET              0x00080000
#define MEM_TOP_DOWN           0x00100000
#define MEM_WRITE_WATCH        0x00200000
#define MEM_PHYSICAL           0x00400000
#define MEM_LARGE_PAGES        0x20000000
#define MEM_IMAGE              0x01000000
#define SEC_IMAGE              0x01000000
#define SEC_RESERVE            0x04000000
#define SEC_COMMIT             0x08000000
#define SEC_NOCACHE            0x10000000
#define SEC_LARGE_PAGES        0x80000000
#define FILE_MAP_COPY          1
#define FILE_MAP_WRITE         2
#define FILE_MAP_READ          4
#define FILE_MAP_ALL_ACCESS    0x000F001F
#define FILE_MAP_EXECUTE       0x0020
#define SECTION_QUERY          1
#define SECTION_MAP_WRITE      2
#define SECTION_MAP_READ       4
#define SECTION_ALL_ACCESS     0x000F001F

#define HEAP_NO_SERIALIZE          1
#define HEAP_GROWABLE              2
#define HEAP_GENERATE_EXCEPTIONS   4
#define HEAP_ZERO_MEMORY           8
#define HEAP_REALLOC_IN_PLACE_ONLY 0x0010
#define HEAP_CREATE_ENABLE_EXECUTE 0x00040000
#define GMEM_FIXED                 0
#define GMEM_MOVEABLE              2
#define GMEM_ZEROINIT              0x0040
#define LMEM_FIXED                 0
#define LMEM_MOVEABLE              2
#define LMEM_ZEROINIT              0x0040
#define GMEM_SHARE                 0x2000
#define GPTR (GMEM_FIXED | GMEM_ZEROINIT)
#define GHND (GMEM_MOVEABLE | GMEM_ZEROINIT)
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define LHND (LMEM_MOVEABLE | LMEM_ZEROINIT)

#define HEAP_TAIL_CHECKING_ENABLED    0x20
#define HEAP_FREE_CHECKING_ENABLED    0x40
#define HEAP_DISABLE_COALESCE_ON_FREE 0x80
#define HEAP_CREATE_ALIGN_16          0x10000
#define MEM_RESET_UNDO                0x1000000
#define SECTION_MAP_EXECUTE           8
#define SECTION_EXTEND_SIZE           0x10
#define SEC_IMAGE_NO_EXECUTE          0x11000000
#define SEC_WRITECOMBINE              0x40000000
#define FILE_MAP_LARGE_PAGES          0x20000000

#define LMEM_MODIFY         0x80
#define LMEM_DISCARDABLE    0xF00
#define LMEM_NOCOMPACT      0x10
#define LMEM_NODISCARD      0x20
#define LMEM_LOCKCOUNT      0xFF
#define LMEM_INVALID_HANDLE 0x8000
#define GMEM_MODIFY         0x80
#define GMEM_NOCOMPACT      0x10
#define GMEM_NODISCARD      0x20
#define GMEM_DISCARDABLE    0x100
#define GMEM_DDESHARE       0x2000
#define GMEM_LOCKCOUNT      0xFF
#define GMEM_INVALID_HANDLE 0x8000

typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID  BaseAddress;
    PVOID  AllocationBase;
    DWORD  AllocationProtect;
    WORD   PartitionId;
    SIZE_T RegionSize;
    DWORD  State;
    DWORD  Protect;
    DWORD  Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

typedef enum _HEAP_INFORMATION_CLASS {
    HeapCompatibilityInformation = 0,
    HeapEnableTerminationOnCorruption = 1,
    HeapOptimizeResources = 3
} HEAP_INFORMATION_CLASS;

LONGSHORE_C_BEGIN
HANDLE WINAPI GetProcessHeap(VOID);
DWORD WINAPI GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps);
HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize);
BOOL WINAPI HeapDestroy(HANDLE hHeap);
LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);
BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);
BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);
SIZE_T WINAPI HeapCompact(HANDLE hHeap, DWORD dwFlags);
BOOL WINAPI HeapLock(HANDLE hHeap);
BOOL WINAPI HeapUnlock(HANDLE hHeap);
BOOL WINAPI HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation, SIZE_T HeapInformationLength);
BOOL WINAPI HeapQueryInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation, SIZE_T HeapInformationLength, PSIZE_T ReturnLength);

HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags);
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);
LPVOID WINAPI GlobalLock(HGLOBAL hMem);
BOOL WINAPI GlobalUnlock(HGLOBAL hMem);
SIZE_T WINAPI GlobalSize(HGLOBAL hMem);
UINT WINAPI GlobalFlags(HGLOBAL hMem);
HGLOBAL WINAPI GlobalHandle(LPCVOID pMem);
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags);
HLOCAL WINAPI LocalFree(HLOCAL hMem);
LPVOID WINAPI LocalLock(HLOCAL hMem);
BOOL WINAPI LocalUnlock(HLOCAL hMem);
SIZE_T WINAPI LocalSize(HLOCAL hMem);
UINT WINAPI LocalFlags(HLOCAL hMem);
HLOCAL WINAPI LocalHandle(LPCVOID pMem);

LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect);
LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect);
LPVOID WINAPI VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect, DWORD nndPreferred);
BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect, PDWORD lpflOldProtect);
SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength);
BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize);
BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize);
SIZE_T WINAPI GetLargePageMinimum(VOID);
BOOL WINAPI FlushInstructionCache(HANDLE hProcess, LPCVOID lpBaseAddress, SIZE_T dwSize);
BOOL WINAPI IsBadReadPtr(const VOID *lp, UINT_PTR ucb);
BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb);
BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax);
BOOL WINAPI IsBadStringPtrW(LPCWSTR lpsz, UINT_PTR ucchMax);
BOOL WINAPI IsBadCodePtr(FARPROC lpfn);

HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName);
HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes, DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName);
HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap);
LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess, DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress);
BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress);
BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush);
LONGSHORE_C_END

#define CreateFileMapping LONGSHORE_AW(CreateFileMapping)
#define OpenFileMapping   LONGSHORE_AW(OpenFileMapping)
#define IsBadStringPtr    LONGSHORE_AW(IsBadStringPtr)

#endif
