/* Longshore: taking file names apart (shlwapi.h). */
#ifndef LONGSHORE_PATH_NAMES_H
#define LONGSHORE_PATH_NAMES_H

#include <longshore/abi/types.h>

LONGSHORE_C_BEGIN
BOOL WINAPI PathFileExistsA(LPCSTR pszPath);
BOOL WINAPI PathFileExistsW(LPCWSTR pszPath);
BOOL WINAPI PathIsDirectoryA(LPCSTR pszPath);
BOOL WINAPI PathIsDirectoryW(LPCWSTR pszPath);
BOOL WINAPI PathRemoveFileSpecA(LPSTR pszPath);
BOOL WINAPI PathRemoveFileSpecW(LPWSTR pszPath);
BOOL WINAPI PathAppendA(LPSTR pszPath, LPCSTR pszMore);
BOOL WINAPI PathAppendW(LPWSTR pszPath, LPCWSTR pszMore);
LPSTR WINAPI PathFindFileNameA(LPCSTR pszPath);
LPWSTR WINAPI PathFindFileNameW(LPCWSTR pszPath);
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
