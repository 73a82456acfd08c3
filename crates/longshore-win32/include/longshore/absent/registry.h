/*
 * Longshore: the registry (winreg.h), which is empty: every key is missing and none can be made, so
 * that programs find their defaults.
 */
#ifndef LONGSHORE_REGISTRY_H
#define LONGSHORE_REGISTRY_H

#include <longshore/abi/types.h>

#define HKEY_CLASSES_ROOT     ((HKEY)(LONG_PTR)(LONG)0x80000000)
#define HKEY_CURRENT_USER     ((HKEY)(LONG_PTR)(LONG)0x80000001)
#define HKEY_LOCAL_MACHINE    ((HKEY)(LONG_PTR)(LONG)0x80000002)
#define HKEY_USERS            ((HKEY)(LONG_PTR)(LONG)0x80000003)
#define HKEY_PERFORMANCE_DATA ((HKEY)(LONG_PTR)(LONG)0x80000004)
#define HKEY_CURRENT_CONFIG   ((HKEY)(LONG_PTR)(LONG)0x80000005)
#define HKEY_DYN_DATA         ((HKEY)(LONG_PTR)(LONG)0x80000006)

#define KEY_QUERY_VALUE         1
#define KEY_SET_VALUE           2
#define KEY_CREATE_SUB_KEY      4
#define KEY_ENUMERATE_SUB_KEYS  8
#define KEY_NOTIFY              0x10
#define KEY_CREATE_LINK         0x20
#define KEY_WOW64_64KEY         0x100
#define KEY_WOW64_32KEY         0x200
#define KEY_READ                0x20019
#define KEY_WRITE               0x20006
#define KEY_EXECUTE             0x20019
#define KEY_ALL_ACCESS          0xF003F
#define REG_NONE                0
#define REG_SZ                  1
#define REG_EXPAND_SZ           2
#define REG_BINARY              3
#define REG_DWORD               4
#define REG_DWORD_LITTLE_ENDIAN 4
#define REG_DWORD_BIG_ENDIAN    5
#define REG_LINK                6
#define REG_MULTI_SZ            7
#define REG_QWORD               11
#define REG_OPTION_NON_VOLATILE 0
#define REG_OPTION_VOLATILE     1
#define REG_CREATED_NEW_KEY     1
#define REG_OPENED_EXISTING_KEY 2

typedef LONG LSTATUS;

LONGSHORE_C_BEGIN
/* Opens a registry key: every key is missing. [winreg.h RegOpenKeyExA/W] */
LONGSHORE_ABSENT(RegOpenKeyExA)
LSTATUS WINAPI RegOpenKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
    PHKEY phkResult);
LONGSHORE_ABSENT(RegOpenKeyExW)
LSTATUS WINAPI RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
    PHKEY phkResult);
/* Makes a registry key: access is denied. [winreg.h RegCreateKeyExA/W] */
LONGSHORE_ABSENT(RegCreateKeyExA)
LSTATUS WINAPI RegCreateKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass,
    DWORD dwOptions, REGSAM samDesired, const LPSECURITY_ATTRIBUTES lpSecurityAttributes,
    PHKEY phkResult, LPDWORD lpdwDisposition);
LONGSHORE_ABSENT(RegCreateKeyExW)
LSTATUS WINAPI RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass,
    DWORD dwOptions, REGSAM samDesired, const LPSECURITY_ATTRIBUTES lpSecurityAttributes,
    PHKEY phkResult, LPDWORD lpdwDisposition);
/* Reads a value of a key: every value is missing. [winreg.h RegQueryValueExA/W] */
LONGSHORE_ABSENT(RegQueryValueExA)
LSTATUS WINAPI RegQueryValueExA(HKEY hKey, LPCSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType,
    LPBYTE lpData, LPDWORD lpcbData);
LONGSHORE_ABSENT(RegQueryValueExW)
LSTATUS WINAPI RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType,
    LPBYTE lpData, LPDWORD lpcbData);
/* Writes a value of a key: access is denied. [winreg.h RegSetValueExA/W] */
LONGSHORE_ABSENT(RegSetValueExA)
LSTATUS WINAPI RegSetValueExA(HKEY hKey, LPCSTR lpValueName, DWORD Reserved, DWORD dwType,
    const BYTE *lpData, DWORD cbData);
LONGSHORE_ABSENT(RegSetValueExW)
LSTATUS WINAPI RegSetValueExW(HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType,
    const BYTE *lpData, DWORD cbData);
/* Closes a registry key. [winreg.h RegCloseKey] */
LSTATUS WINAPI RegCloseKey(HKEY hKey);
LONGSHORE_C_END

#define RegOpenKeyEx    LONGSHORE_AW(RegOpenKeyEx)
#define RegCreateKeyEx  LONGSHORE_AW(RegCreateKeyEx)
#define RegQueryValueEx LONGSHORE_AW(RegQueryValueEx)
#define RegSetValueEx   LONGSHORE_AW(RegSetValueEx)

#endif
