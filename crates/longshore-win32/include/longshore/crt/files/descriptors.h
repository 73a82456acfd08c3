/* Files by descriptor and by name: <io.h>, <direct.h>, <sys/stat.h>, with their wide twins. */
#ifndef LONGSHORE_CRT_FILES_H
#define LONGSHORE_CRT_FILES_H
#pragma GCC system_header

#include <fcntl.h>
#include <longshore/crt/files/path.h>
#include <longshore/time/calendar.h>
#include <share.h>
#include <sys/stat.h>

LONGSHORE_BEGIN

LONGSHORE_C(int, open, (const char *, int, ...));
LONGSHORE_C(int, close, (int));
LONGSHORE_C(long, read, (int, void *, size_t));
LONGSHORE_C(long, write, (int, const void *, size_t));
LONGSHORE_C(long, lseek, (int, long, int));
LONGSHORE_C(int, dup, (int));
LONGSHORE_C(int, dup2, (int, int));
LONGSHORE_C(int, pipe2, (int[2], int));
LONGSHORE_C(int, isatty, (int));
LONGSHORE_C(int, ftruncate, (int, long));
LONGSHORE_C(int, fsync, (int));
LONGSHORE_C(int, access, (const char *, int));
LONGSHORE_C(int, chmod, (const char *, unsigned int));
LONGSHORE_C(int, chdir, (const char *));
LONGSHORE_C(int, mkdir, (const char *, unsigned int));
LONGSHORE_C(int, rmdir, (const char *));
LONGSHORE_C(int, unlink, (const char *));
LONGSHORE_C(char *, getcwd, (char *, size_t));
LONGSHORE_C(unsigned int, umask, (unsigned int));

/* Every function of a path comes twice: from UTF-8 and from wide text; both accept backslashes. */
#define LONGSHORE_ON_PATH(name, wide_name, expression)  \
    LONGSHORE_INLINE int name(const char *path)         \
    {                                                   \
        char *plain = longshore_path_copy(path);        \
        int result = plain ? (expression) : -1;         \
        longshore_c_free(plain);                        \
        return result;                                  \
    }                                                   \
    LONGSHORE_INLINE int wide_name(const wchar_t *path) \
    {                                                   \
        char *plain = longshore_wide_path_copy(path);   \
        int result = plain ? (expression) : -1;         \
        longshore_c_free(plain);                        \
        return result;                                  \
    }
LONGSHORE_ON_PATH(_mkdir, _wmkdir, longshore_c_mkdir(plain, 0777))
LONGSHORE_ON_PATH(_rmdir, _wrmdir, longshore_c_rmdir(plain))
LONGSHORE_ON_PATH(_chdir, _wchdir, longshore_c_chdir(plain))
LONGSHORE_ON_PATH(_unlink, _wunlink, longshore_c_unlink(plain))
#undef LONGSHORE_ON_PATH

/* 0 there, 2 writable, 4 readable, 6 both: the kernel's bits. */
LONGSHORE_INLINE int _access(const char *path, int mode)
{
    char *plain = longshore_path_copy(path);
    int result = plain ? longshore_c_access(plain, mode & 6) : -1;
    longshore_c_free(plain);
    return result;
}
LONGSHORE_INLINE int _waccess(const wchar_t *path, int mode)
{
    char *plain = longshore_wide_path_copy(path);
    int result = plain ? longshore_c_access(plain, mode & 6) : -1;
    longshore_c_free(plain);
    return result;
}
LONGSHORE_INLINE errno_t _access_s(const char *path, int mode)
{
    return _access(path, mode) ? errno : 0;
}
LONGSHORE_INLINE errno_t _waccess_s(const wchar_t *path, int mode)
{
    return _waccess(path, mode) ? errno : 0;
}
/* Windows knows one permission, to write; to read is always granted. */
LONGSHORE_INLINE int longshore_chmod(char *plain, int mode)
{
    int result = plain ? longshore_c_chmod(plain, mode & _S_IWRITE ? 0666u : 0444u) : -1;
    longshore_c_free(plain);
    return result;
}
LONGSHORE_INLINE int _chmod(const char *path, int mode)
{
    return longshore_chmod(longshore_path_copy(path), mode);
}
LONGSHORE_INLINE int _wchmod(const wchar_t *path, int mode)
{
    return longshore_chmod(longshore_wide_path_copy(path), mode);
}

LONGSHORE_INLINE char *_getcwd(char *buffer, int size)
{
    return longshore_c_getcwd(buffer, (size_t)size);
}
LONGSHORE_INLINE wchar_t *_wgetcwd(wchar_t *buffer, int size)
{
    char *narrow = longshore_c_getcwd(NULL, 0);
    wchar_t *wide = longshore_wide_copy(narrow);
    size_t length;
    longshore_c_free(narrow);
    if (!wide || !buffer)
        return wide;
    length = longshore_c_wcslen(wide) + 1;
    if (size < 0 || length > (size_t)size) {
        longshore_c_free(wide);
        longshore_invalid(ERANGE);
        return NULL;
    }
    longshore_c_memcpy(buffer, wide, length * sizeof *wide);
    longshore_c_free(wide);
    return buffer;
}
/* There is one drive, C:, the root of the tree. */
LONGSHORE_INLINE int _getdrive(void) { return 3; }
LONGSHORE_INLINE int _chdrive(int drive)
{
    if (drive == 3)
        return 0;
    errno = EACCES;
    return -1;
}
LONGSHORE_INLINE unsigned int _getdrives(void) { return 4; }

LONGSHORE_INLINE int longshore_open(char *plain, int flags, int mode)
{
    int descriptor = -1;
    if (plain) {
        if (flags & _O_TEMPORARY)
            flags |= O_CREAT;
        descriptor =
            longshore_c_open(plain, flags & ~LONGSHORE_CRT_FLAGS, mode & _S_IWRITE ? 0666 : 0444);
        if (descriptor >= 0 && flags & _O_TEMPORARY)
            longshore_c_unlink(plain);
    }
    longshore_c_free(plain);
    return descriptor;
}
LONGSHORE_INLINE int _open(const char *path, int flags, ...)
{
    va_list list;
    int mode = 0;
    va_start(list, flags);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    return longshore_open(longshore_path_copy(path), flags, mode);
}
LONGSHORE_INLINE int _wopen(const wchar_t *path, int flags, ...)
{
    va_list list;
    int mode = 0;
    va_start(list, flags);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    return longshore_open(longshore_wide_path_copy(path), flags, mode);
}
LONGSHORE_INLINE errno_t _sopen_s(
    int *descriptor, const char *path, int flags, int sharing, int mode)
{
    (void)sharing;
    if (!descriptor)
        return longshore_invalid(EINVAL);
    *descriptor = -1;
    if (!path)
        return longshore_invalid(EINVAL);
    *descriptor = longshore_open(longshore_path_copy(path), flags, mode);
    return *descriptor < 0 ? errno : 0;
}
LONGSHORE_INLINE errno_t _wsopen_s(
    int *descriptor, const wchar_t *path, int flags, int sharing, int mode)
{
    (void)sharing;
    if (!descriptor)
        return longshore_invalid(EINVAL);
    *descriptor = -1;
    if (!path)
        return longshore_invalid(EINVAL);
    *descriptor = longshore_open(longshore_wide_path_copy(path), flags, mode);
    return *descriptor < 0 ? errno : 0;
}
LONGSHORE_INLINE int _sopen(const char *path, int flags, int sharing, ...)
{
    va_list list;
    int mode = 0;
    va_start(list, sharing);
    if (flags & O_CREAT)
        mode = va_arg(list, int);
    va_end(list);
    return longshore_open(longshore_path_copy(path), flags, mode);
}
LONGSHORE_INLINE int _creat(const char *path, int mode)
{
    return longshore_open(longshore_path_copy(path), O_CREAT | O_TRUNC | O_RDWR, mode);
}
LONGSHORE_INLINE int _wcreat(const wchar_t *path, int mode)
{
    return longshore_open(longshore_wide_path_copy(path), O_CREAT | O_TRUNC | O_RDWR, mode);
}
LONGSHORE_INLINE int _close(int descriptor) { return longshore_c_close(descriptor); }
LONGSHORE_INLINE int _read(int descriptor, void *buffer, unsigned int count)
{
    return (int)longshore_c_read(descriptor, buffer, count > 0x7FFFFFFF ? 0x7FFFFFFF : count);
}
LONGSHORE_INLINE int _write(int descriptor, const void *buffer, unsigned int count)
{
    return (int)longshore_c_write(descriptor, buffer, count > 0x7FFFFFFF ? 0x7FFFFFFF : count);
}
LONGSHORE_INLINE long _lseek(int descriptor, long offset, int origin)
{
    return longshore_c_lseek(descriptor, offset, origin);
}
LONGSHORE_INLINE long long _lseeki64(int descriptor, long long offset, int origin)
{
    return longshore_c_lseek(descriptor, (long)offset, origin);
}
LONGSHORE_INLINE long _tell(int descriptor) { return longshore_c_lseek(descriptor, 0, 1); }
LONGSHORE_INLINE long long _telli64(int descriptor) { return longshore_c_lseek(descriptor, 0, 1); }
LONGSHORE_INLINE long long _filelengthi64(int descriptor)
{
    long here = longshore_c_lseek(descriptor, 0, 1), end;
    if (here < 0)
        return -1;
    end = longshore_c_lseek(descriptor, 0, 2);
    longshore_c_lseek(descriptor, here, 0);
    return end;
}
LONGSHORE_INLINE long _filelength(int descriptor) { return (long)_filelengthi64(descriptor); }
LONGSHORE_INLINE int _eof(int descriptor)
{
    long long end = _filelengthi64(descriptor);
    return end < 0 ? -1 : longshore_c_lseek(descriptor, 0, 1) >= end;
}
LONGSHORE_INLINE int _chsize(int descriptor, long size)
{
    return longshore_c_ftruncate(descriptor, size);
}
LONGSHORE_INLINE errno_t _chsize_s(int descriptor, long long size)
{
    return longshore_c_ftruncate(descriptor, (long)size) ? errno : 0;
}
LONGSHORE_INLINE int _commit(int descriptor) { return longshore_c_fsync(descriptor); }
LONGSHORE_INLINE int _dup(int descriptor) { return longshore_c_dup(descriptor); }
/* 0 for success, where dup2 answers the descriptor. */
LONGSHORE_INLINE int _dup2(int from, int to) { return longshore_c_dup2(from, to) < 0 ? -1 : 0; }
LONGSHORE_INLINE int _pipe(int ends[2], unsigned int size, int flags)
{
    (void)size;
    return longshore_c_pipe2(ends, flags & _O_NOINHERIT);
}
LONGSHORE_INLINE int _isatty(int descriptor) { return longshore_c_isatty(descriptor); }
LONGSHORE_INLINE int _umask(int mask) { return (int)longshore_c_umask((unsigned int)mask); }
LONGSHORE_INLINE errno_t _umask_s(int mask, int *old)
{
    if (!old)
        return longshore_invalid(EINVAL);
    *old = (int)longshore_c_umask((unsigned int)mask);
    return 0;
}
/* Text is UTF-8 with plain line ends in every mode, so a mode is accepted and changes nothing. */
LONGSHORE_INLINE int _setmode(int descriptor, int mode)
{
    (void)descriptor;
    if (mode != _O_TEXT && mode != _O_BINARY && mode != _O_WTEXT && mode != _O_U8TEXT &&
        mode != _O_U16TEXT) {
        longshore_invalid(EINVAL);
        return -1;
    }
    return _O_TEXT;
}
/* The descriptor is the handle of the CRT's own files only: it is not in the library's handle
   table. */
LONGSHORE_INLINE intptr_t _get_osfhandle(int descriptor) { return descriptor; }
LONGSHORE_INLINE int _open_osfhandle(intptr_t handle, int flags)
{
    (void)flags;
    return (int)handle;
}

LONGSHORE_END

#include <longshore/crt/files/stat.h>

#endif
