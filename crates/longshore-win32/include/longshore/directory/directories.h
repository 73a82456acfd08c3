/* Longshore: names, directories, finding, copying and moving files, watching a directory,
   volumes. */
#ifndef LONGSHORE_DIRECTORIES_H
#define LONGSHORE_DIRECTORIES_H

#include <longshore/abi/types.h>
#include <longshore/file/files.h>

#define MOVEFILE_REPLACE_EXISTING       1
#define MOVEFILE_COPY_ALLOWED           2
#define MOVEFILE_DELAY_UNTIL_REBOOT     4
#define MOVEFILE_WRITE_THROUGH          8
#define COPY_FILE_FAIL_IF_EXISTS        1
#define REPLACEFILE_WRITE_THROUGH       1
#define REPLACEFILE_IGNORE_MERGE_ERRORS 2
#define FIND_FIRST_EX_CASE_SENSITIVE    1
#define FIND_FIRST_EX_LARGE_FETCH       2
#define DRIVE_UNKNOWN                   0
#define DRIVE_NO_ROOT_DIR               1
#define DRIVE_REMOVABLE                 2
#define DRIVE_FIXED                     3
#define DRIVE_REMOTE                    4
#define DRIVE_CDROM                     5
#define DRIVE_RAMDISK                   6
#define SYMBOLIC_LINK_FLAG_DIRECTORY    1

#define FILE_NOTIFY_CHANGE_FILE_NAME   1
#define FILE_NOTIFY_CHANGE_DIR_NAME    2
#define FILE_NOTIFY_CHANGE_ATTRIBUTES  4
#define FILE_NOTIFY_CHANGE_SIZE        8
#define FILE_NOTIFY_CHANGE_LAST_WRITE  0x0010
#define FILE_NOTIFY_CHANGE_LAST_ACCESS 0x0020
#define FILE_NOTIFY_CHANGE_CREATION    0x0040
#define FILE_NOTIFY_CHANGE_SECURITY    0x0100
#define FILE_ACTION_ADDED              1
#define FILE_ACTION_REMOVED            2
#define FILE_ACTION_MODIFIED           3
#define FILE_ACTION_RENAMED_OLD_NAME   4
#define FILE_ACTION_RENAMED_NEW_NAME   5

typedef struct _WIN32_FIND_DATAA {
    DWORD    dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD    nFileSizeHigh;
    DWORD    nFileSizeLow;
    DWORD    dwReserved0;
    DWORD    dwReserved1;
    CHAR     cFileName[MAX_PATH];
    CHAR     cAlternateFileName[14];
} WIN32_FIND_DATAA, *PWIN32_FIND_DATAA, *LPWIN32_FIND_DATAA;

typedef struct _WIN32_FIND_DATAW {
    DWORD    dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD    nFileSizeHigh;
    DWORD    nFileSizeLow;
    DWORD    dwReserved0;
    DWORD    dwReserved1;
    WCHAR    cFileName[MAX_PATH];
    WCHAR    cAlternateFileName[14];
} WIN32_FIND_DATAW, *PWIN32_FIND_DATAW, *LPWIN32_FIND_DATAW;

typedef struct _WIN32_FILE_ATTRIBUTE_DATA {
    DWORD    dwFileAttributes;
    FILETIME ftCreationTime;
    FILETIME ftLastAccessTime;
    FILETIME ftLastWriteTime;
    DWORD    nFileSizeHigh;
    DWORD    nFileSizeLow;
} WIN32_FILE_ATTRIBUTE_DATA, *LPWIN32_FILE_ATTRIBUTE_DATA;

/* FileNameLength counts bytes, and a WCHAR has four of them here. */
typedef struct _FILE_NOTIFY_INFORMATION {
    DWORD NextEntryOffset;
    DWORD Action;
    DWORD FileNameLength;
    WCHAR FileName[1];
} FILE_NOTIFY_INFORMATION, *PFILE_NOTIFY_INFORMATION;

typedef enum _GET_FILEEX_INFO_LEVELS {
    GetFileExInfoStandard,
    GetFileExMaxInfoLevel
} GET_FILEEX_INFO_LEVELS;
typedef enum _FINDEX_INFO_LEVELS {
    FindExInfoStandard,
    FindExInfoBasic,
    FindExInfoMaxInfoLevel
} FINDEX_INFO_LEVELS;
typedef enum _FINDEX_SEARCH_OPS {
    FindExSearchNameMatch,
    FindExSearchLimitToDirectories,
    FindExSearchLimitToDevices,
    FindExSearchMaxSearchOp
} FINDEX_SEARCH_OPS;
#define PROGRESS_CONTINUE                            0
#define PROGRESS_CANCEL                              1
#define PROGRESS_STOP                                2
#define PROGRESS_QUIET                               3
#define COPY_FILE_RESTARTABLE                        2
#define COPY_FILE_OPEN_SOURCE_FOR_WRITE              4
#define COPY_FILE_ALLOW_DECRYPTED_DESTINATION        8
#define COPY_FILE_COPY_SYMLINK                       0x800
#define COPY_FILE_NO_BUFFERING                       0x1000
#define MOVEFILE_CREATE_HARDLINK                     0x10
#define MOVEFILE_FAIL_IF_NOT_TRACKABLE               0x20
#define REPLACEFILE_IGNORE_ACL_ERRORS                4
#define SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE 2

#define FILE_CASE_SENSITIVE_SEARCH        1
#define FILE_CASE_PRESERVED_NAMES         2
#define FILE_UNICODE_ON_DISK              4
#define FILE_PERSISTENT_ACLS              8
#define FILE_FILE_COMPRESSION             0x10
#define FILE_VOLUME_QUOTAS                0x20
#define FILE_SUPPORTS_SPARSE_FILES        0x40
#define FILE_SUPPORTS_REPARSE_POINTS      0x80
#define FILE_VOLUME_IS_COMPRESSED         0x8000
#define FILE_SUPPORTS_OBJECT_IDS          0x10000
#define FILE_SUPPORTS_ENCRYPTION          0x20000
#define FILE_NAMED_STREAMS                0x40000
#define FILE_READ_ONLY_VOLUME             0x80000
#define FILE_SUPPORTS_HARD_LINKS          0x400000
#define FILE_SUPPORTS_EXTENDED_ATTRIBUTES 0x800000

typedef DWORD(CALLBACK *LPPROGRESS_ROUTINE)(LARGE_INTEGER TotalFileSize,
    LARGE_INTEGER TotalBytesTransferred, LARGE_INTEGER StreamSize,
    LARGE_INTEGER StreamBytesTransferred, DWORD dwStreamNumber, DWORD dwCallbackReason,
    HANDLE hSourceFile, HANDLE hDestinationFile, LPVOID lpData);

LONGSHORE_C_BEGIN
/* Begins a search in a directory and gives the first match. [fileapi.h FindFirstFileA/W] */
HANDLE WINAPI FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData);
HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData);
/* Begins a search; for directories only, or with regard to case. [fileapi.h FindFirstFileExA/W] */
HANDLE WINAPI FindFirstFileExA(LPCSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
    LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp, LPVOID lpSearchFilter,
    DWORD dwAdditionalFlags);
HANDLE WINAPI FindFirstFileExW(LPCWSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
    LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp, LPVOID lpSearchFilter,
    DWORD dwAdditionalFlags);
/* Gives the next match of a search. [fileapi.h FindNextFileA/W] */
BOOL WINAPI FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData);
BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData);
/* Ends a search. [fileapi.h FindClose] */
BOOL WINAPI FindClose(HANDLE hFindFile);

/* Makes a directory. [fileapi.h CreateDirectoryA/W] */
BOOL WINAPI CreateDirectoryA(LPCSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes);
BOOL WINAPI CreateDirectoryW(LPCWSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes);
/* Makes a directory; nothing is taken over from the template. [winbase.h CreateDirectoryExA/W] */
BOOL WINAPI CreateDirectoryExA(LPCSTR lpTemplateDirectory, LPCSTR lpNewDirectory,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes);
BOOL WINAPI CreateDirectoryExW(LPCWSTR lpTemplateDirectory, LPCWSTR lpNewDirectory,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes);
/* Removes an empty directory, or a link to one. [fileapi.h RemoveDirectoryA/W] */
BOOL WINAPI RemoveDirectoryA(LPCSTR lpPathName);
BOOL WINAPI RemoveDirectoryW(LPCWSTR lpPathName);
/* Removes a file. [fileapi.h DeleteFileA/W] */
BOOL WINAPI DeleteFileA(LPCSTR lpFileName);
BOOL WINAPI DeleteFileW(LPCWSTR lpFileName);
/* Copies a file. [winbase.h CopyFileA/W] */
BOOL WINAPI CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, BOOL bFailIfExists);
BOOL WINAPI CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, BOOL bFailIfExists);
/* Copies a file; a routine is told of the progress and may end it. [winbase.h CopyFileExA/W] */
BOOL WINAPI CopyFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName,
    LPPROGRESS_ROUTINE lpProgressRoutine, LPVOID lpData, LPBOOL pbCancel, DWORD dwCopyFlags);
BOOL WINAPI CopyFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName,
    LPPROGRESS_ROUTINE lpProgressRoutine, LPVOID lpData, LPBOOL pbCancel, DWORD dwCopyFlags);
/* Moves a file or directory; a file also to another file system. [winbase.h MoveFileA/W] */
BOOL WINAPI MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName);
BOOL WINAPI MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName);
/* Moves a file or directory; may replace, may copy. Not at the next start.
   [winbase.h MoveFileExA/W] */
BOOL WINAPI MoveFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, DWORD dwFlags);
BOOL WINAPI MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags);
/* Moves as MoveFileEx; a routine is told of the progress. [winbase.h MoveFileWithProgressA/W] */
BOOL WINAPI MoveFileWithProgressA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName,
    LPPROGRESS_ROUTINE lpProgressRoutine, LPVOID lpData, DWORD dwFlags);
BOOL WINAPI MoveFileWithProgressW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName,
    LPPROGRESS_ROUTINE lpProgressRoutine, LPVOID lpData, DWORD dwFlags);
/* Puts a file in the place of another, which may be kept as a backup. [winbase.h ReplaceFileA/W] */
BOOL WINAPI ReplaceFileA(LPCSTR lpReplacedFileName, LPCSTR lpReplacementFileName,
    LPCSTR lpBackupFileName, DWORD dwReplaceFlags, LPVOID lpExclude, LPVOID lpReserved);
BOOL WINAPI ReplaceFileW(LPCWSTR lpReplacedFileName, LPCWSTR lpReplacementFileName,
    LPCWSTR lpBackupFileName, DWORD dwReplaceFlags, LPVOID lpExclude, LPVOID lpReserved);
/* Gives a file another name. [winbase.h CreateHardLinkA/W] */
BOOL WINAPI CreateHardLinkA(LPCSTR lpFileName, LPCSTR lpExistingFileName,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes);
BOOL WINAPI CreateHardLinkW(LPCWSTR lpFileName, LPCWSTR lpExistingFileName,
    LPSECURITY_ATTRIBUTES lpSecurityAttributes);
/* Makes a symbolic link. [winbase.h CreateSymbolicLinkA/W] */
BOOLEAN WINAPI CreateSymbolicLinkA(LPCSTR lpSymlinkFileName, LPCSTR lpTargetFileName,
    DWORD dwFlags);
BOOLEAN WINAPI CreateSymbolicLinkW(LPCWSTR lpSymlinkFileName, LPCWSTR lpTargetFileName,
    DWORD dwFlags);

/* Gives the attributes of a file or directory; of a link, its own.
   [fileapi.h GetFileAttributesA/W] */
DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName);
DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName);
/* Gives attributes, times and size by name. [fileapi.h GetFileAttributesExA/W] */
BOOL WINAPI GetFileAttributesExA(LPCSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
    LPVOID lpFileInformation);
BOOL WINAPI GetFileAttributesExW(LPCWSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
    LPVOID lpFileInformation);
/* Sets attributes; read-only takes the permission to write away.
   [fileapi.h SetFileAttributesA/W] */
BOOL WINAPI SetFileAttributesA(LPCSTR lpFileName, DWORD dwFileAttributes);
BOOL WINAPI SetFileAttributesW(LPCWSTR lpFileName, DWORD dwFileAttributes);

/* Gives the directory for temporary files. [fileapi.h GetTempPathA/W] */
DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer);
DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer);
/* Gives the directory for temporary files. [fileapi.h GetTempPath2A/W] */
DWORD WINAPI GetTempPath2A(DWORD BufferLength, LPSTR Buffer);
DWORD WINAPI GetTempPath2W(DWORD BufferLength, LPWSTR Buffer);
/* Makes a name for a temporary file, and with number 0 the file. [fileapi.h GetTempFileNameA/W] */
UINT WINAPI GetTempFileNameA(LPCSTR lpPathName, LPCSTR lpPrefixString, UINT uUnique,
    LPSTR lpTempFileName);
UINT WINAPI GetTempFileNameW(LPCWSTR lpPathName, LPCWSTR lpPrefixString, UINT uUnique,
    LPWSTR lpTempFileName);
/* Makes a full path; the file need not exist. [fileapi.h GetFullPathNameA/W] */
DWORD WINAPI GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength, LPSTR lpBuffer,
    LPSTR *lpFilePart);
DWORD WINAPI GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength, LPWSTR lpBuffer,
    LPWSTR *lpFilePart);
/* Gives the long form of a name, which is the only one. [fileapi.h GetLongPathNameA/W] */
DWORD WINAPI GetLongPathNameA(LPCSTR lpszShortPath, LPSTR lpszLongPath, DWORD cchBuffer);
DWORD WINAPI GetLongPathNameW(LPCWSTR lpszShortPath, LPWSTR lpszLongPath, DWORD cchBuffer);
/* Gives the short form of a name: the same, as on volumes without short names.
   [winbase.h GetShortPathNameA/W] */
DWORD WINAPI GetShortPathNameA(LPCSTR lpszLongPath, LPSTR lpszShortPath, DWORD cchBuffer);
DWORD WINAPI GetShortPathNameW(LPCWSTR lpszLongPath, LPWSTR lpszShortPath, DWORD cchBuffer);
/* Looks for a file in the given directories or the usual ones. [processenv.h SearchPathA/W] */
DWORD WINAPI SearchPathA(LPCSTR lpPath, LPCSTR lpFileName, LPCSTR lpExtension, DWORD nBufferLength,
    LPSTR lpBuffer, LPSTR *lpFilePart);
DWORD WINAPI SearchPathW(LPCWSTR lpPath, LPCWSTR lpFileName, LPCWSTR lpExtension,
    DWORD nBufferLength, LPWSTR lpBuffer, LPWSTR *lpFilePart);
/* Gives the current directory; the length, or the room it takes.
   [processenv.h GetCurrentDirectoryA/W] */
DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer);
DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer);
/* Sets the current directory of the process. [processenv.h SetCurrentDirectoryA/W] */
BOOL WINAPI SetCurrentDirectoryA(LPCSTR lpPathName);
BOOL WINAPI SetCurrentDirectoryW(LPCWSTR lpPathName);

/* Reports changes in a directory. RD1-RD6. [winbase.h ReadDirectoryChangesW] */
LONGSHORE_ABSENT(ReadDirectoryChangesW)
BOOL WINAPI ReadDirectoryChangesW(HANDLE hDirectory, LPVOID lpBuffer, DWORD nBufferLength,
    BOOL bWatchSubtree, DWORD dwNotifyFilter, LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped,
    LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Watches a directory; the handle is signaled at a change.
   [fileapi.h FindFirstChangeNotificationA/W] */
LONGSHORE_ABSENT(FindFirstChangeNotificationA)
HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR lpPathName, BOOL bWatchSubtree,
    DWORD dwNotifyFilter);
LONGSHORE_ABSENT(FindFirstChangeNotificationW)
HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR lpPathName, BOOL bWatchSubtree,
    DWORD dwNotifyFilter);
/* Waits for the next change in a directory. [fileapi.h FindNextChangeNotification] */
LONGSHORE_ABSENT(FindNextChangeNotification)
BOOL WINAPI FindNextChangeNotification(HANDLE hChangeHandle);
/* Ends the watch of a directory. [fileapi.h FindCloseChangeNotification] */
LONGSHORE_ABSENT(FindCloseChangeNotification)
BOOL WINAPI FindCloseChangeNotification(HANDLE hChangeHandle);

/* Gives the free space of a volume, in clusters. [fileapi.h GetDiskFreeSpaceA/W] */
BOOL WINAPI GetDiskFreeSpaceA(LPCSTR lpRootPathName, LPDWORD lpSectorsPerCluster,
    LPDWORD lpBytesPerSector, LPDWORD lpNumberOfFreeClusters, LPDWORD lpTotalNumberOfClusters);
BOOL WINAPI GetDiskFreeSpaceW(LPCWSTR lpRootPathName, LPDWORD lpSectorsPerCluster,
    LPDWORD lpBytesPerSector, LPDWORD lpNumberOfFreeClusters, LPDWORD lpTotalNumberOfClusters);
/* Gives the bytes free for this user, in all, and free in all. [fileapi.h GetDiskFreeSpaceExA/W] */
BOOL WINAPI GetDiskFreeSpaceExA(LPCSTR lpDirectoryName,
    PULARGE_INTEGER lpFreeBytesAvailableToCaller, PULARGE_INTEGER lpTotalNumberOfBytes,
    PULARGE_INTEGER lpTotalNumberOfFreeBytes);
BOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR lpDirectoryName,
    PULARGE_INTEGER lpFreeBytesAvailableToCaller, PULARGE_INTEGER lpTotalNumberOfBytes,
    PULARGE_INTEGER lpTotalNumberOfFreeBytes);
/* Gives the kind of a drive. [fileapi.h GetDriveTypeA/W] */
UINT WINAPI GetDriveTypeA(LPCSTR lpRootPathName);
UINT WINAPI GetDriveTypeW(LPCWSTR lpRootPathName);
/* Gives the drives there are; bit 0 is A:. [fileapi.h GetLogicalDrives] */
DWORD WINAPI GetLogicalDrives(VOID);
/* Lists the roots of the drives. [winbase.h GetLogicalDriveStringsA/W] */
DWORD WINAPI GetLogicalDriveStringsA(DWORD nBufferLength, LPSTR lpBuffer);
DWORD WINAPI GetLogicalDriveStringsW(DWORD nBufferLength, LPWSTR lpBuffer);
/* Gives the root of the drive that a file is on. [winbase.h GetVolumePathNameA/W] */
BOOL WINAPI GetVolumePathNameA(LPCSTR lpszFileName, LPSTR lpszVolumePathName,
    DWORD cchBufferLength);
BOOL WINAPI GetVolumePathNameW(LPCWSTR lpszFileName, LPWSTR lpszVolumePathName,
    DWORD cchBufferLength);
/* Describes a volume. Its name is empty. [winbase.h GetVolumeInformationA/W] */
BOOL WINAPI GetVolumeInformationA(LPCSTR lpRootPathName, LPSTR lpVolumeNameBuffer,
    DWORD nVolumeNameSize, LPDWORD lpVolumeSerialNumber, LPDWORD lpMaximumComponentLength,
    LPDWORD lpFileSystemFlags, LPSTR lpFileSystemNameBuffer, DWORD nFileSystemNameSize);
BOOL WINAPI GetVolumeInformationW(LPCWSTR lpRootPathName, LPWSTR lpVolumeNameBuffer,
    DWORD nVolumeNameSize, LPDWORD lpVolumeSerialNumber, LPDWORD lpMaximumComponentLength,
    LPDWORD lpFileSystemFlags, LPWSTR lpFileSystemNameBuffer, DWORD nFileSystemNameSize);
LONGSHORE_C_END

#ifdef UNICODE
typedef WIN32_FIND_DATAW WIN32_FIND_DATA;
typedef LPWIN32_FIND_DATAW LPWIN32_FIND_DATA, PWIN32_FIND_DATA;
#else
typedef WIN32_FIND_DATAA WIN32_FIND_DATA;
typedef LPWIN32_FIND_DATAA LPWIN32_FIND_DATA, PWIN32_FIND_DATA;
#endif
#define FindFirstFile               LONGSHORE_AW(FindFirstFile)
#define FindFirstFileEx             LONGSHORE_AW(FindFirstFileEx)
#define FindNextFile                LONGSHORE_AW(FindNextFile)
#define CreateDirectory             LONGSHORE_AW(CreateDirectory)
#define CreateDirectoryEx           LONGSHORE_AW(CreateDirectoryEx)
#define RemoveDirectory             LONGSHORE_AW(RemoveDirectory)
#define DeleteFile                  LONGSHORE_AW(DeleteFile)
#define CopyFile                    LONGSHORE_AW(CopyFile)
#define CopyFileEx                  LONGSHORE_AW(CopyFileEx)
#define MoveFile                    LONGSHORE_AW(MoveFile)
#define MoveFileEx                  LONGSHORE_AW(MoveFileEx)
#define MoveFileWithProgress        LONGSHORE_AW(MoveFileWithProgress)
#define ReplaceFile                 LONGSHORE_AW(ReplaceFile)
#define CreateHardLink              LONGSHORE_AW(CreateHardLink)
#define CreateSymbolicLink          LONGSHORE_AW(CreateSymbolicLink)
#define GetFileAttributes           LONGSHORE_AW(GetFileAttributes)
#define GetFileAttributesEx         LONGSHORE_AW(GetFileAttributesEx)
#define SetFileAttributes           LONGSHORE_AW(SetFileAttributes)
#define GetTempPath                 LONGSHORE_AW(GetTempPath)
#define GetTempPath2                LONGSHORE_AW(GetTempPath2)
#define GetTempFileName             LONGSHORE_AW(GetTempFileName)
#define GetFullPathName             LONGSHORE_AW(GetFullPathName)
#define GetLongPathName             LONGSHORE_AW(GetLongPathName)
#define GetShortPathName            LONGSHORE_AW(GetShortPathName)
#define SearchPath                  LONGSHORE_AW(SearchPath)
#define GetCurrentDirectory         LONGSHORE_AW(GetCurrentDirectory)
#define SetCurrentDirectory         LONGSHORE_AW(SetCurrentDirectory)
#define FindFirstChangeNotification LONGSHORE_AW(FindFirstChangeNotification)
#define GetDiskFreeSpace            LONGSHORE_AW(GetDiskFreeSpace)
#define GetDiskFreeSpaceEx          LONGSHORE_AW(GetDiskFreeSpaceEx)
#define GetDriveType                LONGSHORE_AW(GetDriveType)
#define GetLogicalDriveStrings      LONGSHORE_AW(GetLogicalDriveStrings)
#define GetVolumeInformation        LONGSHORE_AW(GetVolumeInformation)
#define GetVolumePathName           LONGSHORE_AW(GetVolumePathName)

#endif
