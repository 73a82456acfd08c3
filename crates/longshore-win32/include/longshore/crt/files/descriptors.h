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
LONGSHORE_C(long, read, (int, void *, size_t));
LONGSHORE_C(long, write, (int, const void *, size_t));
LONGSHORE_C(long, lseek, (int, long, int));
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
/* Directories, and removing files. [crt _mkdir, _rmdir, _chdir, _unlink] */
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
/* _access with wide characters, and the forms that return errno. [crt _waccess, _access_s] */
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
/* Makes a file read-only or not. [crt _chmod, _wchmod] */
LONGSHORE_INLINE int _chmod(const char *path, int mode)
{
    return longshore_chmod(longshore_path_copy(path), mode);
}
LONGSHORE_INLINE int _wchmod(const wchar_t *path, int mode)
{
    return longshore_chmod(longshore_wide_path_copy(path), mode);
}

/* The current directory. [crt _getcwd, _wgetcwd] */
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
/* Drives: there is C: alone. [crt _chdrive, _getdrives] */
LONGSHORE_INLINE int _chdrive(int drive)
{
    if (drive == 3)
        return 0;
    errno = EACCES;
    return -1;
}
LONGSHORE_INLINE unsigned int _getdrives(void) { return 4; }

/* What all of these open with: a descriptor of Linux, which knows its handle. [io.h _sopen] */
extern int longshore_crt_open(const char *path, int flags, int sharing, int mode);
/* Closes a descriptor, and the handle it has. [io.h _close] */
extern int _close(int descriptor);
/* The old name closes the handle as well. [io.h close] */
extern int close(int descriptor) __asm__("_close");
/* Makes another descriptor of the same open file. [io.h _dup] */
extern int _dup(int descriptor);
/* Makes a descriptor another one of the same open file; 0 for success. [io.h _dup2] */
extern int _dup2(int from, int to);
/* Makes a pipe: to read from, to write to. [io.h _pipe] */
extern int _pipe(int ends[2], unsigned int size, int flags);
/* Sets whether a descriptor is text or binary; text is UTF-8 with plain line ends in every mode.
   [io.h _setmode] */
extern int _setmode(int descriptor, int mode);
/* The handle of a descriptor, which stays the descriptor's. [io.h _get_osfhandle] */
extern intptr_t _get_osfhandle(int descriptor);
/* A descriptor for a handle, which belongs to it from then on. [io.h _open_osfhandle] */
extern int _open_osfhandle(intptr_t handle, int flags);

#define LONGSHORE_SH_DENYNO 0x40
/* Opens a file. [crt _sopen, _wsopen] */
LONGSHORE_INLINE int longshore_sopen(const char *path, int flags, int sharing, int mode)
{
    if (path)
        return longshore_crt_open(path, flags, sharing, mode);
    longshore_invalid(EINVAL);
    return -1;
}
LONGSHORE_INLINE int longshore_wsopen(const wchar_t *path, int flags, int sharing, int mode)
{
    char *narrow = longshore_utf8_copy(path);
    int descriptor = longshore_sopen(narrow, flags, sharing, mode);
    longshore_c_free(narrow);
    return descriptor;
}
/* The permissions, which are there if the file may be made. */
#define LONGSHORE_PERMISSIONS(last)                                                                \
    int mode = 0;                                                                                  \
    if (flags & _O_CREAT) {                                                                        \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        mode = va_arg(list, int);                                                                  \
        va_end(list);                                                                              \
    }
/* Opens a file as a descriptor. [io.h _open] */
LONGSHORE_INLINE int _open(const char *path, int flags, ...)
{
    LONGSHORE_PERMISSIONS(flags)
    return longshore_sopen(path, flags, LONGSHORE_SH_DENYNO, mode);
}
/* As _open, of a wide path. [io.h _wopen] */
LONGSHORE_INLINE int _wopen(const wchar_t *path, int flags, ...)
{
    LONGSHORE_PERMISSIONS(flags)
    return longshore_wsopen(path, flags, LONGSHORE_SH_DENYNO, mode);
}
/* Opens a file as a descriptor, and says what others may do meanwhile. [io.h _sopen] */
LONGSHORE_INLINE int _sopen(const char *path, int flags, int sharing, ...)
{
    LONGSHORE_PERMISSIONS(sharing)
    return longshore_sopen(path, flags, sharing, mode);
}
/* As _sopen, of a wide path. [io.h _wsopen] */
LONGSHORE_INLINE int _wsopen(const wchar_t *path, int flags, int sharing, ...)
{
    LONGSHORE_PERMISSIONS(sharing)
    return longshore_wsopen(path, flags, sharing, mode);
}
#undef LONGSHORE_PERMISSIONS
/* As _sopen; the error is the result. [io.h _sopen_s] */
LONGSHORE_INLINE errno_t _sopen_s(
    int *descriptor, const char *path, int flags, int sharing, int mode)
{
    if (!descriptor)
        return longshore_invalid(EINVAL);
    *descriptor = longshore_sopen(path, flags, sharing, mode);
    return *descriptor < 0 ? errno : 0;
}
/* As _sopen_s, of a wide path. [io.h _wsopen_s] */
LONGSHORE_INLINE errno_t _wsopen_s(
    int *descriptor, const wchar_t *path, int flags, int sharing, int mode)
{
    if (!descriptor)
        return longshore_invalid(EINVAL);
    *descriptor = longshore_wsopen(path, flags, sharing, mode);
    return *descriptor < 0 ? errno : 0;
}
/* Makes or empties a file. [io.h _creat] */
LONGSHORE_INLINE int _creat(const char *path, int mode)
{
    return _open(path, _O_CREAT | _O_TRUNC | _O_RDWR, mode);
}
/* As _creat, of a wide path. [io.h _wcreat] */
LONGSHORE_INLINE int _wcreat(const wchar_t *path, int mode)
{
    return _wopen(path, _O_CREAT | _O_TRUNC | _O_RDWR, mode);
}
/* Reads and writes. [crt _read, _write] */
LONGSHORE_INLINE int _read(int descriptor, void *buffer, unsigned int count)
{
    return (int)longshore_c_read(descriptor, buffer, count > 0x7FFFFFFF ? 0x7FFFFFFF : count);
}
LONGSHORE_INLINE int _write(int descriptor, const void *buffer, unsigned int count)
{
    return (int)longshore_c_write(descriptor, buffer, count > 0x7FFFFFFF ? 0x7FFFFFFF : count);
}
/* The position in a file. [crt _lseek, _lseeki64, _tell, _telli64] */
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
/* The length of a file, and whether it is at its end. [crt _filelength, _eof] */
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
/* Changes the length of a file. [crt _chsize, _chsize_s] */
LONGSHORE_INLINE int _chsize(int descriptor, long size)
{
    return longshore_c_ftruncate(descriptor, size);
}
LONGSHORE_INLINE errno_t _chsize_s(int descriptor, long long size)
{
    return longshore_c_ftruncate(descriptor, (long)size) ? errno : 0;
}
/* Writes to the disk; whether it is a terminal; permissions. [crt _commit, _isatty, _umask] */
LONGSHORE_INLINE int _commit(int descriptor) { return longshore_c_fsync(descriptor); }
LONGSHORE_INLINE int _isatty(int descriptor) { return longshore_c_isatty(descriptor); }
LONGSHORE_INLINE int _umask(int mask) { return (int)longshore_c_umask((unsigned int)mask); }
LONGSHORE_INLINE errno_t _umask_s(int mask, int *old)
{
    if (!old)
        return longshore_invalid(EINVAL);
    *old = (int)longshore_c_umask((unsigned int)mask);
    return 0;
}
LONGSHORE_END

#include <longshore/crt/files/stat.h>

#endif
