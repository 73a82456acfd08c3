/*
 * Longshore: files as 16-bit Windows had them. An HFILE is the number of a handle; HFILE_ERROR
 * stands for none. Each stands on the function of today that is named above it.
 */
#ifndef LONGSHORE_OLD_FILES_H
#define LONGSHORE_OLD_FILES_H

#include <longshore/file/files.h>
#include <longshore/object/handles.h>

#define OF_READ             0x0000
#define OF_WRITE            0x0001
#define OF_READWRITE        0x0002
#define OF_SHARE_COMPAT     0x0000
#define OF_SHARE_EXCLUSIVE  0x0010
#define OF_SHARE_DENY_WRITE 0x0020
#define OF_SHARE_DENY_READ  0x0030
#define OF_SHARE_DENY_NONE  0x0040

LONGSHORE_C_BEGIN
static __inline__ HANDLE longshore_old_file(HFILE hFile) { return (HANDLE)(LONG_PTR)hFile; }

/* Opens a file that exists. CreateFileA. [winbase.h _lopen] */
static __inline__ HFILE WINAPI _lopen(LPCSTR lpPathName, int iReadWrite)
{
    DWORD access = (iReadWrite & 3) == OF_WRITE ? GENERIC_WRITE
        : (iReadWrite & 3) == OF_READWRITE      ? GENERIC_READ | GENERIC_WRITE
                                                : GENERIC_READ;
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE;
    switch (iReadWrite & 0x70) {
    case OF_SHARE_EXCLUSIVE: share = 0; break;
    case OF_SHARE_DENY_WRITE: share = FILE_SHARE_READ; break;
    case OF_SHARE_DENY_READ: share = FILE_SHARE_WRITE; break;
    default: break;
    }
    return (HFILE)(LONG_PTR)CreateFileA(lpPathName, access, share, NULL, OPEN_EXISTING, 0, NULL);
}
/* Makes a file, or empties the one that exists. CreateFileA. [winbase.h _lcreat] */
static __inline__ HFILE WINAPI _lcreat(LPCSTR lpPathName, int iAttribute)
{
    return (HFILE)(LONG_PTR)CreateFileA(lpPathName, GENERIC_READ | GENERIC_WRITE,
        FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, CREATE_ALWAYS, (DWORD)iAttribute & 7, NULL);
}
/* Reads; HFILE_ERROR on failure. ReadFile. [winbase.h _lread] */
static __inline__ UINT WINAPI _lread(HFILE hFile, LPVOID lpBuffer, UINT uBytes)
{
    DWORD bytes = 0;
    return ReadFile(longshore_old_file(hFile), lpBuffer, uBytes, &bytes, NULL) ? bytes
                                                                               : (UINT)HFILE_ERROR;
}
/* Writes; with no bytes, ends the file at its position. WriteFile. [winbase.h _lwrite] */
static __inline__ UINT WINAPI _lwrite(HFILE hFile, LPCCH lpBuffer, UINT uBytes)
{
    DWORD bytes = 0;
    if (uBytes == 0)
        return SetEndOfFile(longshore_old_file(hFile)) ? 0 : (UINT)HFILE_ERROR;
    return WriteFile(longshore_old_file(hFile), lpBuffer, uBytes, &bytes, NULL)
        ? bytes
        : (UINT)HFILE_ERROR;
}
/* Reads, with a signed count. ReadFile. [winbase.h _hread] */
static __inline__ LONG WINAPI _hread(HFILE hFile, LPVOID lpBuffer, LONG lBytes)
{
    return (LONG)_lread(hFile, lpBuffer, (UINT)lBytes);
}
/* Writes, with a signed count. WriteFile. [winbase.h _hwrite] */
static __inline__ LONG WINAPI _hwrite(HFILE hFile, LPCCH lpBuffer, LONG lBytes)
{
    return (LONG)_lwrite(hFile, lpBuffer, (UINT)lBytes);
}
/* Moves the position. SetFilePointer. [winbase.h _llseek] */
static __inline__ LONG WINAPI _llseek(HFILE hFile, LONG lOffset, int iOrigin)
{
    return (LONG)SetFilePointer(longshore_old_file(hFile), lOffset, (PLONG)NULL, (DWORD)iOrigin);
}
/* Closes a file; 0, or HFILE_ERROR. CloseHandle. [winbase.h _lclose] */
static __inline__ HFILE WINAPI _lclose(HFILE hFile)
{
    return CloseHandle(longshore_old_file(hFile)) ? 0 : HFILE_ERROR;
}
LONGSHORE_C_END

#endif
