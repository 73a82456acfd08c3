/*
 * Longshore: the folders of a user (shlobj.h, userenv.h). They are where Linux programs keep such
 * things: the home directory, and below it what XDG_CONFIG_HOME and XDG_DATA_HOME name.
 */
#ifndef LONGSHORE_KNOWN_FOLDERS_H
#define LONGSHORE_KNOWN_FOLDERS_H

#include <longshore/abi/errors.h>
#include <longshore/system/system_info.h>

#define CSIDL_DESKTOP          0x0000
#define CSIDL_PERSONAL         0x0005
#define CSIDL_MYDOCUMENTS      CSIDL_PERSONAL
#define CSIDL_APPDATA          0x001A
#define CSIDL_LOCAL_APPDATA    0x001C
#define CSIDL_COMMON_APPDATA   0x0023
#define CSIDL_PROFILE          0x0028
#define CSIDL_FLAG_CREATE      0x8000
#define SHGFP_TYPE_CURRENT     0
#define SHGFP_TYPE_DEFAULT     1

LONGSHORE_C_BEGIN
/* Writes the value of a variable and a text after it; FALSE if there is none or too little room. */
static __inline__ BOOL longshore_folder(
    LPSTR path, DWORD room, LPCSTR variable, LPCSTR below)
{
    size_t more = __builtin_strlen(below);
    DWORD length = GetEnvironmentVariableA(variable, path, room);
    if (length == 0 || length + more >= room)
        return FALSE;
    __builtin_memcpy(path + length, below, more + 1);
    return TRUE;
}
/* Gives a folder of the user, in a buffer of MAX_PATH. [shlobj_core.h SHGetFolderPathA] */
static __inline__ HRESULT WINAPI SHGetFolderPathA(
    HWND hwnd, int csidl, HANDLE hToken, DWORD dwFlags, LPSTR pszPath)
{
    BOOL found = FALSE;
    (void)hwnd, (void)hToken, (void)dwFlags;
    switch (csidl & 0xFF) {
    case CSIDL_APPDATA:
        found = longshore_folder(pszPath, MAX_PATH, "XDG_CONFIG_HOME", "") ||
            longshore_folder(pszPath, MAX_PATH, "HOME", "/.config");
        break;
    case CSIDL_LOCAL_APPDATA:
        found = longshore_folder(pszPath, MAX_PATH, "XDG_DATA_HOME", "") ||
            longshore_folder(pszPath, MAX_PATH, "HOME", "/.local/share");
        break;
    case CSIDL_DESKTOP:
        found = longshore_folder(pszPath, MAX_PATH, "HOME", "/Desktop");
        break;
    case CSIDL_PERSONAL:
    case CSIDL_PROFILE:
        found = longshore_folder(pszPath, MAX_PATH, "HOME", "");
        break;
    default:
        return E_INVALIDARG;
    }
    return found ? S_OK : E_FAIL;
}
LONGSHORE_C_END

#endif
