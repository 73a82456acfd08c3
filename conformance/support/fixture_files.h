/* Files of a program's own. Included by fixtures.h. */
#ifndef FIXTURE_FILES_H
#define FIXTURE_FILES_H

#include "observe.h"

struct temp_file {
    char path[MAX_PATH + 64];
};

/* A file of this process alone, with the given contents. */
static inline struct temp_file temp_file_with(const void *contents, DWORD length)
{
    static int serial;
    struct temp_file file;
    char folder[MAX_PATH];
    HANDLE handle;
    DWORD written = 0;

    require(GetTempPathA(sizeof folder, folder) > 0);
    snprintf(file.path, sizeof file.path, "%slongshore-%u-%d.tmp", folder, (unsigned)GetCurrentProcessId(), serial++);
    handle = CreateFileA(file.path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                         CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    require(handle != INVALID_HANDLE_VALUE);
    if (length > 0)
        require(WriteFile(handle, contents, length, &written, NULL) && written == length);
    CloseHandle(handle);
    return file;
}

static inline HANDLE open_file(const struct temp_file *file, DWORD access, DWORD flags)
{
    HANDLE handle = CreateFileA(file->path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, flags, NULL);
    require(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static inline HANDLE open_overlapped(const struct temp_file *file)
{
    return open_file(file, GENERIC_READ | GENERIC_WRITE, FILE_FLAG_OVERLAPPED);
}

static inline void remove_file(const struct temp_file *file)
{
    DeleteFileA(file->path);
}

static inline long long size_of(HANDLE file)
{
    LARGE_INTEGER size;
    require(GetFileSizeEx(file, &size));
    return size.QuadPart;
}

#endif
