/* Longshore: the machine, the system's version, the environment, memory in numbers. */
#ifndef LONGSHORE_SYSTEM_INFO_H
#define LONGSHORE_SYSTEM_INFO_H

#include <longshore/abi/types.h>

#define PF_FLOATING_POINT_PRECISION_ERRATA       0
#define PF_FLOATING_POINT_EMULATED               1
#define PF_COMPARE_EXCHANGE_DOUBLE               2
#define PF_MMX_INSTRUCTIONS_AVAILABLE            3
#define PF_3DNOW_INSTRUCTIONS_AVAILABLE          7
#define PF_RDTSC_INSTRUCTION_AVAILABLE           8
#define PF_PAE_ENABLED                           9
#define PF_SSE_DAZ_MODE_AVAILABLE                0xB
#define PF_NX_ENABLED                            0xC
#define PF_COMPARE64_EXCHANGE128                 0xF
#define PF_CHANNELS_ENABLED                      0x10
#define PF_XSAVE_ENABLED                         0x11
#define PF_ARM_VFP_32_REGISTERS_AVAILABLE        0x12
#define PF_ARM_NEON_INSTRUCTIONS_AVAILABLE       0x13
#define PF_SECOND_LEVEL_ADDRESS_TRANSLATION      0x14
#define PF_VIRT_FIRMWARE_ENABLED                 0x15
#define PF_RDWRFSGSBASE_AVAILABLE                0x16
#define PF_FASTFAIL_AVAILABLE                    0x17
#define PF_ARM_DIVIDE_INSTRUCTION_AVAILABLE      0x18
#define PF_ARM_64BIT_LOADSTORE_ATOMIC            0x19
#define PF_ARM_EXTERNAL_CACHE_AVAILABLE          0x1A
#define PF_ARM_FMAC_INSTRUCTIONS_AVAILABLE       0x1B
#define PF_RDRAND_INSTRUCTION_AVAILABLE          0x1C
#define PF_ARM_V8_INSTRUCTIONS_AVAILABLE         0x1D
#define PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE  0x1E
#define PF_ARM_V8_CRC32_INSTRUCTIONS_AVAILABLE   0x1F
#define PF_RDTSCP_INSTRUCTION_AVAILABLE          0x20
#define PF_RDPID_INSTRUCTION_AVAILABLE           0x21
#define PF_ARM_V81_ATOMIC_INSTRUCTIONS_AVAILABLE 0x22
#define PF_MONITORX_INSTRUCTION_AVAILABLE        0x23
#define PF_SSE4_1_INSTRUCTIONS_AVAILABLE         0x25
#define PF_SSE4_2_INSTRUCTIONS_AVAILABLE         0x26
#define PF_AVX512F_INSTRUCTIONS_AVAILABLE        0x29
#define PF_ERMS_AVAILABLE                        0x2A
#define PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE     0x2B
#define PF_ARM_V83_JSCVT_INSTRUCTIONS_AVAILABLE  0x2C
#define PF_ARM_V83_LRCPC_INSTRUCTIONS_AVAILABLE  0x2D

typedef struct _SYSTEM_INFO {
    __extension__ union {
        DWORD dwOemId;
        __extension__ struct { WORD wProcessorArchitecture; WORD wReserved; };
    };
    DWORD     dwPageSize;
    LPVOID    lpMinimumApplicationAddress;
    LPVOID    lpMaximumApplicationAddress;
    DWORD_PTR dwActiveProcessorMask;
    DWORD     dwNumberOfProcessors;
    DWORD     dwProcessorType;
    DWORD     dwAllocationGranularity;
    WORD      wProcessorLevel;
    WORD      wProcessorRevision;
} SYSTEM_INFO, *LPSYSTEM_INFO;
#define PROCESSOR_ARCHITECTURE_INTEL   0
#define PROCESSOR_ARCHITECTURE_ARM     5
#define PROCESSOR_ARCHITECTURE_AMD64   9
#define PROCESSOR_ARCHITECTURE_ARM64   12
#define PROCESSOR_ARCHITECTURE_UNKNOWN 65535
#define PROCESSOR_AMD_X8664   8664
#define ALL_PROCESSOR_GROUPS  0xffff

typedef enum _LOGICAL_PROCESSOR_RELATIONSHIP {
    RelationProcessorCore,
    RelationNumaNode,
    RelationCache,
    RelationProcessorPackage,
    RelationGroup,
    RelationAll = 0xffff
} LOGICAL_PROCESSOR_RELATIONSHIP;
typedef enum _PROCESSOR_CACHE_TYPE {
    CacheUnified,
    CacheInstruction,
    CacheData,
    CacheTrace
} PROCESSOR_CACHE_TYPE;
typedef struct _CACHE_DESCRIPTOR {
    BYTE Level, Associativity;
    WORD LineSize;
    DWORD Size;
    PROCESSOR_CACHE_TYPE Type;
} CACHE_DESCRIPTOR, *PCACHE_DESCRIPTOR;
typedef struct _SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
    ULONG_PTR ProcessorMask;
    LOGICAL_PROCESSOR_RELATIONSHIP Relationship;
    __extension__ union {
        struct { BYTE Flags; } ProcessorCore;
        struct { DWORD NodeNumber; } NumaNode;
        CACHE_DESCRIPTOR Cache;
        ULONGLONG Reserved[2];
    };
} SYSTEM_LOGICAL_PROCESSOR_INFORMATION, *PSYSTEM_LOGICAL_PROCESSOR_INFORMATION;

typedef struct _MEMORYSTATUSEX {
    DWORD     dwLength;
    DWORD     dwMemoryLoad;
    DWORDLONG ullTotalPhys, ullAvailPhys, ullTotalPageFile, ullAvailPageFile, ullTotalVirtual,
        ullAvailVirtual, ullAvailExtendedVirtual;
} MEMORYSTATUSEX, *LPMEMORYSTATUSEX;
typedef struct _MEMORYSTATUS {
    DWORD  dwLength;
    DWORD  dwMemoryLoad;
    SIZE_T dwTotalPhys, dwAvailPhys, dwTotalPageFile, dwAvailPageFile, dwTotalVirtual,
        dwAvailVirtual;
} MEMORYSTATUS, *LPMEMORYSTATUS;

typedef struct _OSVERSIONINFOA {
    DWORD dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    CHAR  szCSDVersion[128];
} OSVERSIONINFOA, *POSVERSIONINFOA, *LPOSVERSIONINFOA;
typedef struct _OSVERSIONINFOW {
    DWORD dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW, RTL_OSVERSIONINFOW;
typedef struct _OSVERSIONINFOEXA {
    DWORD dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    CHAR  szCSDVersion[128];
    WORD  wServicePackMajor, wServicePackMinor, wSuiteMask;
    BYTE  wProductType, wReserved;
} OSVERSIONINFOEXA, *POSVERSIONINFOEXA, *LPOSVERSIONINFOEXA;
typedef struct _OSVERSIONINFOEXW {
    DWORD dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
    WORD  wServicePackMajor, wServicePackMinor, wSuiteMask;
    BYTE  wProductType, wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, *LPOSVERSIONINFOEXW;
#ifdef UNICODE
typedef OSVERSIONINFOW OSVERSIONINFO, *POSVERSIONINFO, *LPOSVERSIONINFO;
typedef OSVERSIONINFOEXW OSVERSIONINFOEX, *POSVERSIONINFOEX, *LPOSVERSIONINFOEX;
#else
typedef OSVERSIONINFOA OSVERSIONINFO, *POSVERSIONINFO, *LPOSVERSIONINFO;
typedef OSVERSIONINFOEXA OSVERSIONINFOEX, *POSVERSIONINFOEX, *LPOSVERSIONINFOEX;
#endif
#define VER_PLATFORM_WIN32s 0
#define VER_PLATFORM_WIN32_WINDOWS 1
#define VER_PLATFORM_WIN32_NT      2
#define VER_NT_WORKSTATION         1
#define VER_NT_DOMAIN_CONTROLLER   2
#define VER_NT_SERVER              3
#define VER_MINORVERSION           1
#define VER_MAJORVERSION           2
#define VER_BUILDNUMBER            4
#define VER_PLATFORMID             8
#define VER_SERVICEPACKMINOR       16
#define VER_SERVICEPACKMAJOR       32
#define VER_SUITENAME              64
#define VER_PRODUCT_TYPE           128
#define VER_EQUAL                  1
#define VER_GREATER                2
#define VER_GREATER_EQUAL          3
#define VER_LESS                   4
#define VER_LESS_EQUAL             5

typedef enum _COMPUTER_NAME_FORMAT {
    ComputerNameNetBIOS,
    ComputerNameDnsHostname,
    ComputerNameDnsDomain,
    ComputerNameDnsFullyQualified,
    ComputerNamePhysicalNetBIOS,
    ComputerNamePhysicalDnsHostname,
    ComputerNamePhysicalDnsDomain,
    ComputerNamePhysicalDnsFullyQualified,
    ComputerNameMax
} COMPUTER_NAME_FORMAT;
#define MAX_COMPUTERNAME_LENGTH 15
#define UNLEN 256
#define PF_XMMI_INSTRUCTIONS_AVAILABLE   6
#define PF_XMMI64_INSTRUCTIONS_AVAILABLE 10
#define PF_SSE3_INSTRUCTIONS_AVAILABLE   13
#define PF_COMPARE_EXCHANGE128           14
#define PF_AVX_INSTRUCTIONS_AVAILABLE    39
#define PF_AVX2_INSTRUCTIONS_AVAILABLE   40
#define SM_CXSCREEN                      0
#define SM_CYSCREEN                      1

LONGSHORE_C_BEGIN
/* Describes the machine: processors, page size, addresses. [sysinfoapi.h GetSystemInfo] */
VOID WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo);
/* Describes the machine: the same as GetSystemInfo. [sysinfoapi.h GetNativeSystemInfo] */
VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo);
/* Describes the cores, caches, packages and nodes of the machine.
   [sysinfoapi.h GetLogicalProcessorInformation] */
BOOL WINAPI GetLogicalProcessorInformation(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION Buffer,
    PDWORD ReturnedLength);
/* Counts the processors of a group; 0xFFFF stands for all. [winbase.h GetActiveProcessorCount] */
DWORD WINAPI GetActiveProcessorCount(WORD GroupNumber);
/* Counts the groups of processors: one. [winbase.h GetActiveProcessorGroupCount] */
WORD WINAPI GetActiveProcessorGroupCount(VOID);
/* Gives the most processors of a group: as many as it has. [winbase.h GetMaximumProcessorCount] */
DWORD WINAPI GetMaximumProcessorCount(WORD GroupNumber);
/* Gives the highest node of memory. [systemtopologyapi.h GetNumaHighestNodeNumber] */
BOOL WINAPI GetNumaHighestNodeNumber(PULONG HighestNodeNumber);
/* Gives the node of a processor; 0xFF and FALSE for what is none.
   [winbase.h GetNumaProcessorNode] */
BOOL WINAPI GetNumaProcessorNode(UCHAR Processor, PUCHAR NodeNumber);
/* Gives the processors of a node. [winbase.h GetNumaNodeProcessorMask] */
BOOL WINAPI GetNumaNodeProcessorMask(UCHAR Node, PULONGLONG ProcessorMask);
/* Says whether the processor has a feature. [processthreadsapi.h IsProcessorFeaturePresent] */
BOOL WINAPI IsProcessorFeaturePresent(DWORD ProcessorFeature);
/* Tells how much memory there is and is free. dwLength must be set.
   [sysinfoapi.h GlobalMemoryStatusEx] */
BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer);
/* Tells how much memory there is and is free. [winbase.h GlobalMemoryStatus] */
VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer);
/* Tells how much memory the machine has, in KiB. [winbase.h GetPhysicallyInstalledSystemMemory] */
BOOL WINAPI GetPhysicallyInstalledSystemMemory(PULONGLONG TotalMemoryInKilobytes);
/* Gives the version of Windows in one number. [sysinfoapi.h GetVersion] */
DWORD WINAPI GetVersion(VOID);
/* Gives the version of Windows, whatever the manifest says. [sysinfoapi.h GetVersionExA/W] */
BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA lpVersionInformation);
BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW lpVersionInformation);
/* Says whether the version meets conditions. [winbase.h VerifyVersionInfoA/W] */
BOOL WINAPI VerifyVersionInfoA(LPOSVERSIONINFOEXA lpVersionInformation, DWORD dwTypeMask,
    DWORDLONG dwlConditionMask);
BOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW lpVersionInformation, DWORD dwTypeMask,
    DWORDLONG dwlConditionMask);
/* Adds a condition to a mask. [sysinfoapi.h VerSetConditionMask] */
ULONGLONG WINAPI VerSetConditionMask(ULONGLONG ConditionMask, DWORD TypeMask, BYTE Condition);
/* Says whether a 32-bit process runs on 64-bit Windows: no. [wow64apiset.h IsWow64Process] */
BOOL WINAPI IsWow64Process(HANDLE hProcess, PBOOL Wow64Process);
/* Gives the NetBIOS name of the machine. [winbase.h GetComputerNameA/W] */
BOOL WINAPI GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize);
BOOL WINAPI GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize);
/* Gives one of the names of the machine. [sysinfoapi.h GetComputerNameExA/W] */
BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT NameType, LPSTR lpBuffer, LPDWORD nSize);
BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT NameType, LPWSTR lpBuffer, LPDWORD nSize);
/* Gives the name of the user. [winbase.h GetUserNameA/W] */
BOOL WINAPI GetUserNameA(LPSTR lpBuffer, LPDWORD pcbBuffer);
BOOL WINAPI GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer);
/* Gives the name of the system directory; it need not exist.
   [sysinfoapi.h GetSystemDirectoryA/W] */
UINT WINAPI GetSystemDirectoryA(LPSTR lpBuffer, UINT uSize);
UINT WINAPI GetSystemDirectoryW(LPWSTR lpBuffer, UINT uSize);
/* Gives the name of Windows' directory; it need not exist. [sysinfoapi.h GetWindowsDirectoryA/W] */
UINT WINAPI GetWindowsDirectoryA(LPSTR lpBuffer, UINT uSize);
UINT WINAPI GetWindowsDirectoryW(LPWSTR lpBuffer, UINT uSize);
/* Reads a variable; gives its length, or the room it takes.
   [processenv.h GetEnvironmentVariableA/W] */
DWORD WINAPI GetEnvironmentVariableA(LPCSTR lpName, LPSTR lpBuffer, DWORD nSize);
DWORD WINAPI GetEnvironmentVariableW(LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize);
/* Sets a variable, or with NULL removes it. [processenv.h SetEnvironmentVariableA/W] */
BOOL WINAPI SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue);
BOOL WINAPI SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue);
/* Copies the whole environment. [processenv.h GetEnvironmentStrings] */
LPSTR WINAPI GetEnvironmentStrings(VOID);
/* Copies the whole environment. [processenv.h GetEnvironmentStringsA/W] */
LPSTR WINAPI GetEnvironmentStringsA(VOID);
LPWSTR WINAPI GetEnvironmentStringsW(VOID);
/* Frees a copy of the environment. [processenv.h FreeEnvironmentStringsA/W] */
BOOL WINAPI FreeEnvironmentStringsA(LPSTR penv);
BOOL WINAPI FreeEnvironmentStringsW(LPWSTR penv);
/* Replaces every %NAME% of a text. [processenv.h ExpandEnvironmentStringsA/W] */
DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR lpSrc, LPSTR lpDst, DWORD nSize);
DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR lpSrc, LPWSTR lpDst, DWORD nSize);
/* Gives sizes of the desktop: 0, there is none. [winuser.h GetSystemMetrics] */
LONGSHORE_ABSENT(GetSystemMetrics)
int WINAPI GetSystemMetrics(int nIndex);
LONGSHORE_C_END

#define GetVersionEx             LONGSHORE_AW(GetVersionEx)
#define VerifyVersionInfo        LONGSHORE_AW(VerifyVersionInfo)
#define GetComputerName          LONGSHORE_AW(GetComputerName)
#define GetComputerNameEx        LONGSHORE_AW(GetComputerNameEx)
#define GetUserName              LONGSHORE_AW(GetUserName)
#define GetSystemDirectory       LONGSHORE_AW(GetSystemDirectory)
#define GetWindowsDirectory      LONGSHORE_AW(GetWindowsDirectory)
#define GetEnvironmentVariable   LONGSHORE_AW(GetEnvironmentVariable)
#define SetEnvironmentVariable   LONGSHORE_AW(SetEnvironmentVariable)
#define GetEnvironmentStrings    LONGSHORE_AW(GetEnvironmentStrings)
#define FreeEnvironmentStrings   LONGSHORE_AW(FreeEnvironmentStrings)
#define ExpandEnvironmentStrings LONGSHORE_AW(ExpandEnvironmentStrings)

#define VER_SET_CONDITION(mask, type, condition) \
    ((mask) = VerSetConditionMask((mask), (type), (condition)))

#endif
