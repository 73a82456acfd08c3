/* Longshore: taking file names apart (shlwapi.h). */
#ifndef LONGSHORE_PATH_NAMES_H
#define LONGSHORE_PATH_NAMES_H

#include <longshore/abi/types.h>

LONGSHORE_C_BEGIN
/* Says whether a file or directory exists. [shlwapi.h PathFileExistsA/W] */
BOOL WINAPI PathFileExistsA(LPCSTR pszPath);
BOOL WINAPI PathFileExistsW(LPCWSTR pszPath);
/* Says whether a directory of that name exists. [shlwapi.h PathIsDirectoryA/W] */
BOOL WINAPI PathIsDirectoryA(LPCSTR pszPath);
BOOL WINAPI PathIsDirectoryW(LPCWSTR pszPath);
/* Cuts the last component off a path. [shlwapi.h PathRemoveFileSpecA/W] */
BOOL WINAPI PathRemoveFileSpecA(LPSTR pszPath);
BOOL WINAPI PathRemoveFileSpecW(LPWSTR pszPath);
/* Appends to a path; FALSE if it would be too long. [shlwapi.h PathAppendA/W] */
BOOL WINAPI PathAppendA(LPSTR pszPath, LPCSTR pszMore);
BOOL WINAPI PathAppendW(LPWSTR pszPath, LPCWSTR pszMore);
/* Finds the last component of a path. [shlwapi.h PathFindFileNameA/W] */
LPSTR WINAPI PathFindFileNameA(LPCSTR pszPath);
LPWSTR WINAPI PathFindFileNameW(LPCWSTR pszPath);
/* Finds the extension of a path, from its dot on. [shlwapi.h PathFindExtensionA/W] */
LPSTR WINAPI PathFindExtensionA(LPCSTR pszPath);
LPWSTR WINAPI PathFindExtensionW(LPCWSTR pszPath);
LONGSHORE_C_END

#define PathFileExists     LONGSHORE_AW(PathFileExists)
#define PathIsDirectory    LONGSHORE_AW(PathIsDirectory)
#define PathRemoveFileSpec LONGSHORE_AW(PathRemoveFileSpec)
#define PathAppend         LONGSHORE_AW(PathAppend)
#define PathFindFileName   LONGSHORE_AW(PathFindFileName)
#define PathFindExtension  LONGSHORE_AW(PathFindExtension)

#endif
