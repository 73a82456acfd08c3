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
/* Gives the heap of the process. [heapapi.h GetProcessHeap] */
HANDLE WINAPI GetProcessHeap(VOID);
/* Lists the heaps of the process: the process heap alone. [heapapi.h GetProcessHeaps] */
DWORD WINAPI GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps);
/* Makes a heap, whose blocks may have a limit in all. [heapapi.h HeapCreate] */
HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize);
/* Frees a heap with its blocks. The process heap cannot be destroyed. [heapapi.h HeapDestroy] */
BOOL WINAPI HeapDestroy(HANDLE hHeap);
/* Allocates a block, aligned to 16 bytes; NULL on failure. [heapapi.h HeapAlloc] */
LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
/* Changes the size of a block; it stays as it is on failure. [heapapi.h HeapReAlloc] */
LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);
/* Frees a block; NULL is freed with success. [heapapi.h HeapFree] */
BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
/* Gives the size of a block; (SIZE_T)-1 for what is none. [heapapi.h HeapSize] */
SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);
/* Says whether a pointer is a block of the heap. [heapapi.h HeapValidate] */
BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);
/* Gives unused memory back; gives 0 for the largest free block. [heapapi.h HeapCompact] */
SIZE_T WINAPI HeapCompact(HANDLE hHeap, DWORD dwFlags);
/* Accepted: heaps serialize themselves. [heapapi.h HeapLock] */
BOOL WINAPI HeapLock(HANDLE hHeap);
/* Accepted: heaps serialize themselves. [heapapi.h HeapUnlock] */
BOOL WINAPI HeapUnlock(HANDLE hHeap);
/* Accepted: there is nothing to set. [heapapi.h HeapSetInformation] */
BOOL WINAPI HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
    PVOID HeapInformation, SIZE_T HeapInformationLength);
/* Describes a heap: of the low-fragmentation kind (2). [heapapi.h HeapQueryInformation] */
BOOL WINAPI HeapQueryInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
    PVOID HeapInformation, SIZE_T HeapInformationLength, PSIZE_T ReturnLength);

/* Allocates memory; the same as LocalAlloc. [winbase.h GlobalAlloc] */
HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
/* Changes the size of a block; the same as LocalReAlloc. [winbase.h GlobalReAlloc] */
HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags);
/* Frees a block; the same as LocalFree. [winbase.h GlobalFree] */
HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);
/* Gives the address of a block; the same as LocalLock. [winbase.h GlobalLock] */
LPVOID WINAPI GlobalLock(HGLOBAL hMem);
/* Undoes GlobalLock. [winbase.h GlobalUnlock] */
BOOL WINAPI GlobalUnlock(HGLOBAL hMem);
/* Gives the size of a block. [winbase.h GlobalSize] */
SIZE_T WINAPI GlobalSize(HGLOBAL hMem);
/* Gives the attributes of a block. [winbase.h GlobalFlags] */
UINT WINAPI GlobalFlags(HGLOBAL hMem);
/* Gives the handle of a block. [winbase.h GlobalHandle] */
HGLOBAL WINAPI GlobalHandle(LPCVOID pMem);
/* Allocates memory that LocalFree frees. [winbase.h LocalAlloc] */
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
/* Changes the size of a block. [winbase.h LocalReAlloc] */
HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags);
/* Frees a block and gives NULL; what is no block is given back. [winbase.h LocalFree] */
HLOCAL WINAPI LocalFree(HLOCAL hMem);
/* Gives the address of a block. [winbase.h LocalLock] */
LPVOID WINAPI LocalLock(HLOCAL hMem);
/* Undoes LocalLock, which did nothing. [winbase.h LocalUnlock] */
BOOL WINAPI LocalUnlock(HLOCAL hMem);
/* Gives the size of a block; 0 for what is none. [winbase.h LocalSize] */
SIZE_T WINAPI LocalSize(HLOCAL hMem);
/* Gives the attributes of a block: none. [winbase.h LocalFlags] */
UINT WINAPI LocalFlags(HLOCAL hMem);
/* Gives the handle of a block: its address. [winbase.h LocalHandle] */
HLOCAL WINAPI LocalHandle(LPCVOID pMem);

/* Reserves or commits pages. [memoryapi.h VirtualAlloc] */
LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType,
    DWORD flProtect);
/* Reserves or commits pages of the current process. [memoryapi.h VirtualAllocEx] */
LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
    DWORD flAllocationType, DWORD flProtect);
/* Reserves or commits pages; the node is Linux's choice. [memoryapi.h VirtualAllocExNuma] */
LPVOID WINAPI VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
    DWORD flAllocationType, DWORD flProtect, DWORD nndPreferred);
/* Decommits pages, or releases a whole reservation. [memoryapi.h VirtualFree] */
BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
/* Decommits or releases pages of the current process. [memoryapi.h VirtualFreeEx] */
BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
/* Sets the protection of pages; gives the first one's former protection.
   [memoryapi.h VirtualProtect] */
BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
    PDWORD lpflOldProtect);
/* Describes the pages from an address on that are alike. [memoryapi.h VirtualQuery] */
SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength);
/* Keeps pages in memory. [memoryapi.h VirtualLock] */
BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize);
/* Lets locked pages go again. [memoryapi.h VirtualUnlock] */
BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize);
/* Gives the size of a large page. [memoryapi.h GetLargePageMinimum] */
SIZE_T WINAPI GetLargePageMinimum(VOID);
/* Makes processors see code that was changed. [processthreadsapi.h FlushInstructionCache] */
BOOL WINAPI FlushInstructionCache(HANDLE hProcess, LPCVOID lpBaseAddress, SIZE_T dwSize);
/* Says whether a range cannot be read. [winbase.h IsBadReadPtr] */
BOOL WINAPI IsBadReadPtr(const VOID *lp, UINT_PTR ucb);
/* Says whether a range cannot be written. [winbase.h IsBadWritePtr] */
BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb);
/* Says whether a string cannot be read. [winbase.h IsBadStringPtrA/W] */
BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax);
BOOL WINAPI IsBadStringPtrW(LPCWSTR lpsz, UINT_PTR ucchMax);
/* Says whether an address cannot be executed. [winbase.h IsBadCodePtr] */
BOOL WINAPI IsBadCodePtr(FARPROC lpfn);

/* Makes a mapping of a file, or of memory (INVALID_HANDLE_VALUE).
   [winbase.h CreateFileMappingA/W] */
HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes,
    DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCSTR lpName);
HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpFileMappingAttributes,
    DWORD flProtect, DWORD dwMaximumSizeHigh, DWORD dwMaximumSizeLow, LPCWSTR lpName);
/* Opens a mapping by its name. [winbase.h OpenFileMappingA/W] */
HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName);
HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName);
/* Maps a part of a mapping; length 0 is all the rest. [memoryapi.h MapViewOfFile] */
LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
    DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap);
/* Maps a part of a mapping at an address that must be free. [memoryapi.h MapViewOfFileEx] */
LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
    DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow, SIZE_T dwNumberOfBytesToMap,
    LPVOID lpBaseAddress);
/* Ends a view; what was written to it stays in the file. [memoryapi.h UnmapViewOfFile] */
BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress);
/* Writes a part of a view to its file; length 0 is all the rest. [memoryapi.h FlushViewOfFile] */
BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush);
LONGSHORE_C_END

#define CreateFileMapping LONGSHORE_AW(CreateFileMapping)
#define OpenFileMapping   LONGSHORE_AW(OpenFileMapping)
#define IsBadStringPtr    LONGSHORE_AW(IsBadStringPtr)

#endif
