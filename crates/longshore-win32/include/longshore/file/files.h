/* Longshore: opening files, reading and writing them, positions, locks and what is known of
   them. */
#ifndef LONGSHORE_FILES_H
#define LONGSHORE_FILES_H

#include <longshore/abi/types.h>
#include <longshore/object/handles.h>
#include <longshore/port/overlapped.h>

#define FILE_SHARE_READ   1
#define FILE_SHARE_WRITE  2
#define FILE_SHARE_DELETE 4
#define CREATE_NEW        1
#define CREATE_ALWAYS     2
#define OPEN_EXISTING     3
#define OPEN_ALWAYS       4
#define TRUNCATE_EXISTING 5

#define FILE_READ_DATA            1
#define FILE_LIST_DIRECTORY       1
#define FILE_WRITE_DATA           2
#define FILE_ADD_FILE             2
#define FILE_APPEND_DATA          4
#define FILE_ADD_SUBDIRECTORY     4
#define FILE_CREATE_PIPE_INSTANCE 4
#define FILE_READ_EA              8
#define FILE_WRITE_EA             0x0010
#define FILE_EXECUTE              0x0020
#define FILE_TRAVERSE             0x0020
#define FILE_DELETE_CHILD         0x0040
#define FILE_READ_ATTRIBUTES      0x0080
#define FILE_WRITE_ATTRIBUTES     0x0100
#define FILE_ALL_ACCESS           0x001F01FF
#define FILE_GENERIC_READ         0x00120089
#define FILE_GENERIC_WRITE        0x00120116
#define FILE_GENERIC_EXECUTE      0x001200A0

#define FILE_ATTRIBUTE_READONLY            1
#define FILE_ATTRIBUTE_HIDDEN              2
#define FILE_ATTRIBUTE_SYSTEM              4
#define FILE_ATTRIBUTE_DIRECTORY           0x0010
#define FILE_ATTRIBUTE_ARCHIVE             0x0020
#define FILE_ATTRIBUTE_DEVICE              0x0040
#define FILE_ATTRIBUTE_NORMAL              0x0080
#define FILE_ATTRIBUTE_TEMPORARY           0x0100
#define FILE_ATTRIBUTE_SPARSE_FILE         0x0200
#define FILE_ATTRIBUTE_REPARSE_POINT       0x0400
#define FILE_ATTRIBUTE_COMPRESSED          0x0800
#define FILE_ATTRIBUTE_OFFLINE             0x1000
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED 0x2000
#define FILE_ATTRIBUTE_ENCRYPTED           0x4000
#define FILE_ATTRIBUTE_VIRTUAL             0x00010000

#define FILE_FLAG_WRITE_THROUGH         0x80000000
#define FILE_FLAG_OVERLAPPED            0x40000000
#define FILE_FLAG_NO_BUFFERING          0x20000000
#define FILE_FLAG_RANDOM_ACCESS         0x10000000
#define FILE_FLAG_SEQUENTIAL_SCAN       0x08000000
#define FILE_FLAG_DELETE_ON_CLOSE       0x04000000
#define FILE_FLAG_BACKUP_SEMANTICS      0x02000000
#define FILE_FLAG_POSIX_SEMANTICS       0x01000000
#define FILE_FLAG_SESSION_AWARE         0x00800000
#define FILE_FLAG_OPEN_REPARSE_POINT    0x00200000
#define FILE_FLAG_OPEN_NO_RECALL        0x00100000
#define FILE_FLAG_FIRST_PIPE_INSTANCE   0x00080000
#define SECURITY_ANONYMOUS              0
#define SECURITY_IDENTIFICATION         0x00010000
#define SECURITY_IMPERSONATION          0x00020000
#define SECURITY_DELEGATION             0x00030000
#define SECURITY_SQOS_PRESENT           0x00100000

#define FILE_BEGIN                0
#define FILE_CURRENT              1
#define FILE_END                  2
#define FILE_TYPE_UNKNOWN         0
#define FILE_TYPE_DISK            1
#define FILE_TYPE_CHAR            2
#define FILE_TYPE_PIPE            3
#define FILE_TYPE_REMOTE          0x8000
#define LOCKFILE_FAIL_IMMEDIATELY 1
#define LOCKFILE_EXCLUSIVE_LOCK   2
#define FILE_NAME_NORMALIZED      0
#define FILE_NAME_OPENED          8
#define VOLUME_NAME_DOS           0
#define VOLUME_NAME_GUID          1
#define VOLUME_NAME_NT            2
#define VOLUME_NAME_NONE          4

typedef union _FILE_SEGMENT_ELEMENT {
    PVOID Buffer;
    ULONGLONG Alignment;
} FILE_SEGMENT_ELEMENT, *PFILE_SEGMENT_ELEMENT;

typedef struct _CREATEFILE2_EXTENDED_PARAMETERS {
    DWORD  dwSize;
    DWORD  dwFileAttributes;
    DWORD  dwFileFlags;
    DWORD  dwSecurityQosFlags;
    LPSECURITY_ATTRIBUTES lpSecurityAttributes;
    HANDLE hTemplateFile;
} CREATEFILE2_EXTENDED_PARAMETERS, *PCREATEFILE2_EXTENDED_PARAMETERS,
    *LPCREATEFILE2_EXTENDED_PARAMETERS;

typedef struct _BY_HANDLE_FILE_INFORMATION {
    DWORD    dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD    dwVolumeSerialNumber;
    DWORD    nFileSizeHigh;
    DWORD    nFileSizeLow;
    DWORD    nNumberOfLinks;
    DWORD    nFileIndexHigh;
    DWORD    nFileIndexLow;
} BY_HANDLE_FILE_INFORMATION, *PBY_HANDLE_FILE_INFORMATION, *LPBY_HANDLE_FILE_INFORMATION;

typedef enum _FILE_INFO_BY_HANDLE_CLASS {
    FileBasicInfo,
    FileStandardInfo,
    FileNameInfo,
    FileRenameInfo,
    FileDispositionInfo,
    FileAllocationInfo,
    FileEndOfFileInfo,
    FileStreamInfo,
    FileCompressionInfo,
    FileAttributeTagInfo,
    FileIdBothDirectoryInfo,
    FileIdBothDirectoryRestartInfo,
    FileIoPriorityHintInfo,
    FileRemoteProtocolInfo,
    FileFullDirectoryInfo,
    FileFullDirectoryRestartInfo,
    FileStorageInfo,
    FileAlignmentInfo,
    FileIdInfo,
    FileIdExtdDirectoryInfo,
    FileIdExtdDirectoryRestartInfo,
    FileDispositionInfoEx,
    FileRenameInfoEx,
    FileCaseSensitiveInfo,
    FileNormalizedNameInfo,
    MaximumFileInfoByHandleClass
} FILE_INFO_BY_HANDLE_CLASS,
    *PFILE_INFO_BY_HANDLE_CLASS;

#define FILE_DISPOSITION_FLAG_DO_NOT_DELETE             0
#define FILE_DISPOSITION_FLAG_DELETE                    1
#define FILE_DISPOSITION_FLAG_POSIX_SEMANTICS           2
#define FILE_DISPOSITION_FLAG_FORCE_IMAGE_SECTION_CHECK 4
#define FILE_DISPOSITION_FLAG_ON_CLOSE                  8
#define FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE 0x10
#define FILE_ATTRIBUTE_EA                               0x40000
#define FILE_ATTRIBUTE_INTEGRITY_STREAM                 0x8000
#define FILE_ATTRIBUTE_NO_SCRUB_DATA                    0x20000
#define FILE_ATTRIBUTE_PINNED                           0x80000
#define FILE_ATTRIBUTE_UNPINNED                         0x100000
#define FILE_ATTRIBUTE_RECALL_ON_OPEN                   0x40000
#define FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS            0x400000
#define SECURITY_CONTEXT_TRACKING                       0x40000
#define SECURITY_EFFECTIVE_ONLY                         0x80000

typedef struct _FILE_BASIC_INFO {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    DWORD         FileAttributes;
} FILE_BASIC_INFO, *PFILE_BASIC_INFO;
typedef struct _FILE_STANDARD_INFO {
    LARGE_INTEGER AllocationSize, EndOfFile;
    DWORD         NumberOfLinks;
    BOOLEAN       DeletePending, Directory;
} FILE_STANDARD_INFO, *PFILE_STANDARD_INFO;
typedef struct _FILE_NAME_INFO {
    DWORD FileNameLength;
    WCHAR FileName[1];
} FILE_NAME_INFO, *PFILE_NAME_INFO;
typedef struct _FILE_RENAME_INFO {
    __extension__ union { BOOLEAN ReplaceIfExists; DWORD Flags; };
    HANDLE RootDirectory;
    DWORD  FileNameLength;
    WCHAR  FileName[1];
} FILE_RENAME_INFO, *PFILE_RENAME_INFO;
/* The name is a macro for functions elsewhere: here it is the field's, whichever header comes
   first. */
#pragma push_macro("DeleteFile")
#undef DeleteFile
typedef struct _FILE_DISPOSITION_INFO {
    __extension__ union { BOOLEAN DeleteFile; BOOLEAN DeleteFileA; BOOLEAN DeleteFileW; };
} FILE_DISPOSITION_INFO, *PFILE_DISPOSITION_INFO;
#pragma pop_macro("DeleteFile")
typedef struct _FILE_DISPOSITION_INFO_EX {
    DWORD Flags;
} FILE_DISPOSITION_INFO_EX, *PFILE_DISPOSITION_INFO_EX;
typedef struct _FILE_ALLOCATION_INFO {
    LARGE_INTEGER AllocationSize;
} FILE_ALLOCATION_INFO, *PFILE_ALLOCATION_INFO;
typedef struct _FILE_END_OF_FILE_INFO {
    LARGE_INTEGER EndOfFile;
} FILE_END_OF_FILE_INFO, *PFILE_END_OF_FILE_INFO;
typedef struct _FILE_ATTRIBUTE_TAG_INFO {
    DWORD FileAttributes;
    DWORD ReparseTag;
} FILE_ATTRIBUTE_TAG_INFO, *PFILE_ATTRIBUTE_TAG_INFO;
typedef struct _FILE_ALIGNMENT_INFO {
    ULONG AlignmentRequirement;
} FILE_ALIGNMENT_INFO, *PFILE_ALIGNMENT_INFO;
typedef enum _PRIORITY_HINT {
    IoPriorityHintVeryLow,
    IoPriorityHintLow,
    IoPriorityHintNormal,
    MaximumIoPriorityHintType
} PRIORITY_HINT;
typedef struct _FILE_IO_PRIORITY_HINT_INFO {
    PRIORITY_HINT PriorityHint;
} FILE_IO_PRIORITY_HINT_INFO, *PFILE_IO_PRIORITY_HINT_INFO;
typedef struct _FILE_ID_128 { BYTE Identifier[16]; } FILE_ID_128, *PFILE_ID_128;
typedef struct _FILE_ID_INFO {
    ULONGLONG VolumeSerialNumber;
    FILE_ID_128 FileId;
} FILE_ID_INFO, *PFILE_ID_INFO;
typedef struct _FILE_FULL_DIR_INFO {
    ULONG         NextEntryOffset, FileIndex;
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile,
        AllocationSize;
    ULONG         FileAttributes, FileNameLength, EaSize;
    WCHAR         FileName[1];
} FILE_FULL_DIR_INFO, *PFILE_FULL_DIR_INFO;
typedef struct _FILE_ID_BOTH_DIR_INFO {
    DWORD         NextEntryOffset, FileIndex;
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime, EndOfFile,
        AllocationSize;
    DWORD         FileAttributes, FileNameLength, EaSize;
    CCHAR         ShortNameLength;
    WCHAR         ShortName[12];
    LARGE_INTEGER FileId;
    WCHAR         FileName[1];
} FILE_ID_BOTH_DIR_INFO, *PFILE_ID_BOTH_DIR_INFO;
typedef struct _FILE_STORAGE_INFO {
    ULONG LogicalBytesPerSector, PhysicalBytesPerSectorForAtomicity,
        PhysicalBytesPerSectorForPerformance;
    ULONG FileSystemEffectivePhysicalBytesPerSectorForAtomicity, Flags;
    ULONG ByteOffsetForSectorAlignment, ByteOffsetForPartitionAlignment;
} FILE_STORAGE_INFO, *PFILE_STORAGE_INFO;
typedef struct _FILE_COMPRESSION_INFO {
    LARGE_INTEGER CompressedFileSize;
    WORD          CompressionFormat;
    UCHAR         CompressionUnitShift, ChunkShift, ClusterShift, Reserved[3];
} FILE_COMPRESSION_INFO, *PFILE_COMPRESSION_INFO;

LONGSHORE_C_BEGIN
/* Opens or makes a file, or opens a directory or a device. F2, F3. [fileapi.h CreateFileA/W] */
HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
    DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
    DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
/* Opens or makes a file, with flags and attributes in a structure. [fileapi.h CreateFile2] */
HANDLE WINAPI CreateFile2(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
    DWORD dwCreationDisposition, LPCREATEFILE2_EXTENDED_PARAMETERS pCreateExParams);
/* Opens a file again with other rights, sharing or flags. [winbase.h ReOpenFile] */
HANDLE WINAPI ReOpenFile(HANDLE hOriginalFile, DWORD dwDesiredAccess, DWORD dwShareMode,
    DWORD dwFlagsAndAttributes);
/* Reads from a file, a pipe, a socket or a device. F1-F16, S15. [fileapi.h ReadFile] */
BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
    LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);
/* Writes to a file, a pipe, a socket or a device. F1-F17, S15. [fileapi.h WriteFile] */
BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
    LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped);
/* Reads; a routine runs in an alertable wait of this thread. AP4. [fileapi.h ReadFileEx] */
BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
    LPOVERLAPPED lpOverlapped, LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Writes; a routine runs in an alertable wait of this thread. AP4. [fileapi.h WriteFileEx] */
BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
    LPOVERLAPPED lpOverlapped, LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Reads into pages. F19. [fileapi.h ReadFileScatter] */
BOOL WINAPI ReadFileScatter(HANDLE hFile, FILE_SEGMENT_ELEMENT aSegmentArray[],
    DWORD nNumberOfBytesToRead, LPDWORD lpReserved, LPOVERLAPPED lpOverlapped);
/* Writes pages. F19. [fileapi.h WriteFileGather] */
BOOL WINAPI WriteFileGather(HANDLE hFile, FILE_SEGMENT_ELEMENT aSegmentArray[],
    DWORD nNumberOfBytesToWrite, LPDWORD lpReserved, LPOVERLAPPED lpOverlapped);
/* Writes what is buffered to the disk and waits for it. NP11. [fileapi.h FlushFileBuffers] */
BOOL WINAPI FlushFileBuffers(HANDLE hFile);

/* Moves the position of a file; gives the low half of the new one. F4.
   [fileapi.h SetFilePointer] */
DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh,
    DWORD dwMoveMethod);
/* Moves the position of a file. F4. [fileapi.h SetFilePointerEx] */
BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
    PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod);
/* Ends a file at its position. [fileapi.h SetEndOfFile] */
BOOL WINAPI SetEndOfFile(HANDLE hFile);
/* Accepted; Linux has no length of valid data, unwritten data reads as zero.
   [fileapi.h SetFileValidData] */
BOOL WINAPI SetFileValidData(HANDLE hFile, LONGLONG ValidDataLength);
/* Gives the size of a file, its low half as the result. [fileapi.h GetFileSize] */
DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh);
/* Gives the size of a file. [fileapi.h GetFileSizeEx] */
BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize);
/* Gives the kind of a file. A socket counts as a pipe. [fileapi.h GetFileType] */
DWORD WINAPI GetFileType(HANDLE hFile);

/* Locks a range of a file, or fails at once. [fileapi.h LockFile] */
BOOL WINAPI LockFile(HANDLE hFile, DWORD dwFileOffsetLow, DWORD dwFileOffsetHigh,
    DWORD nNumberOfBytesToLockLow, DWORD nNumberOfBytesToLockHigh);
/* Locks a range of a file; may wait or be pending. F20. [fileapi.h LockFileEx] */
BOOL WINAPI LockFileEx(HANDLE hFile, DWORD dwFlags, DWORD dwReserved, DWORD nNumberOfBytesToLockLow,
    DWORD nNumberOfBytesToLockHigh, LPOVERLAPPED lpOverlapped);
/* Unlocks a range that was locked. [fileapi.h UnlockFile] */
BOOL WINAPI UnlockFile(HANDLE hFile, DWORD dwFileOffsetLow, DWORD dwFileOffsetHigh,
    DWORD nNumberOfBytesToUnlockLow, DWORD nNumberOfBytesToUnlockHigh);
/* Unlocks a range that was locked. [fileapi.h UnlockFileEx] */
BOOL WINAPI UnlockFileEx(HANDLE hFile, DWORD dwReserved, DWORD nNumberOfBytesToUnlockLow,
    DWORD nNumberOfBytesToUnlockHigh, LPOVERLAPPED lpOverlapped);

/* Describes an open file. [fileapi.h GetFileInformationByHandle] */
BOOL WINAPI GetFileInformationByHandle(HANDLE hFile,
    LPBY_HANDLE_FILE_INFORMATION lpFileInformation);
/* Describes an open file, by class of information. [winbase.h GetFileInformationByHandleEx] */
BOOL WINAPI GetFileInformationByHandleEx(HANDLE hFile,
    FILE_INFO_BY_HANDLE_CLASS FileInformationClass, LPVOID lpFileInformation, DWORD dwBufferSize);
/* Changes an open file: end, times, attributes, name, or removes it.
   [fileapi.h SetFileInformationByHandle] */
BOOL WINAPI SetFileInformationByHandle(HANDLE hFile, FILE_INFO_BY_HANDLE_CLASS FileInformationClass,
    LPVOID lpFileInformation, DWORD dwBufferSize);
/* Gives the times of a file. [fileapi.h GetFileTime] */
BOOL WINAPI GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime, LPFILETIME lpLastAccessTime,
    LPFILETIME lpLastWriteTime);
/* Sets the times of a file, but not that of its creation. [fileapi.h SetFileTime] */
BOOL WINAPI SetFileTime(HANDLE hFile, const FILETIME *lpCreationTime,
    const FILETIME *lpLastAccessTime, const FILETIME *lpLastWriteTime);
/* Gives the name that an open file has now. [fileapi.h GetFinalPathNameByHandleA/W] */
DWORD WINAPI GetFinalPathNameByHandleA(HANDLE hFile, LPSTR lpszFilePath, DWORD cchFilePath,
    DWORD dwFlags);
DWORD WINAPI GetFinalPathNameByHandleW(HANDLE hFile, LPWSTR lpszFilePath, DWORD cchFilePath,
    DWORD dwFlags);
/* Sends a control code to a file or a disk. IO1-IO5. [ioapiset.h DeviceIoControl] */
BOOL WINAPI DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer,
    DWORD nInBufferSize, LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesReturned,
    LPOVERLAPPED lpOverlapped);
/* Accepted; nothing is gained by knowing where OVERLAPPEDs lie.
   [winbase.h SetFileIoOverlappedRange] */
BOOL WINAPI SetFileIoOverlappedRange(HANDLE FileHandle, PUCHAR OverlappedRangeStart, ULONG Length);
LONGSHORE_C_END

#define CreateFile               LONGSHORE_AW(CreateFile)
#define GetFinalPathNameByHandle LONGSHORE_AW(GetFinalPathNameByHandle)

#ifdef __cplusplus
extern "C++" {
/* `unsigned long` where the count is a DWORD; `long` where a file position's high half is a
   LONG. */
template <class Count>
typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, BOOL>::type
ReadFile(HANDLE file, LPVOID buffer, DWORD size, Count *count, LPOVERLAPPED overlapped)
{
    DWORD n = 0;
    BOOL ok = ::ReadFile(file, buffer, size, &n, overlapped);
    *count = n;
    return ok;
}
template <class Count>
typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, BOOL>::type
WriteFile(HANDLE file, LPCVOID buffer, DWORD size, Count *count, LPOVERLAPPED overlapped)
{
    DWORD n = 0;
    BOOL ok = ::WriteFile(file, buffer, size, &n, overlapped);
    *count = n;
    return ok;
}
template <class High>
typename longshore::enable_if<longshore::is_unsigned_long<High>::value, DWORD>::type
GetFileSize(HANDLE file, High *high)
{
    DWORD h = 0;
    DWORD low = ::GetFileSize(file, &h);
    *high = h;
    return low;
}
template <class High>
typename longshore::enable_if<longshore::is_long<High>::value, DWORD>::type
SetFilePointer(HANDLE file, LONG distance, High *high, DWORD method)
{
    LONG h = static_cast<LONG>(*high);
    DWORD low = ::SetFilePointer(file, distance, &h, method);
    *high = h;
    return low;
}
template <class Count>
typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, BOOL>::type
DeviceIoControl(HANDLE device, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size,
    Count *returned, LPOVERLAPPED overlapped)
{
    DWORD n = 0;
    BOOL ok = ::DeviceIoControl(device, code, in, in_size, out, out_size, &n, overlapped);
    *returned = n;
    return ok;
}
}
#endif

#endif
