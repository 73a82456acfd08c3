/* struct _stat and the functions that fill it. The 32- and 64-bit forms are one: time_t and
   sizes have 64 bits. */
#ifndef LONGSHORE_CRT_STAT_H
#define LONGSHORE_CRT_STAT_H
#pragma GCC system_header

#include <longshore/crt/files/path.h>
#include <sys/stat.h>
#include <longshore/time/calendar.h>

#ifndef _S_IFMT
#define _S_IFMT 0170000
#define _S_IFDIR 0040000
#define _S_IFCHR 0020000
#define _S_IFIFO 0010000
#define _S_IFREG 0100000
#define _S_IREAD 0400
#define _S_IWRITE 0200
#define _S_IEXEC 0100
#endif
#ifndef S_IREAD
#define S_IREAD 0400
#define S_IWRITE 0200
#define S_IEXEC 0100
#endif

LONGSHORE_BEGIN

typedef unsigned int _dev_t;
typedef unsigned short _ino_t;
typedef long _off_t;

/* st_atime and its sisters are glibc's macros for fields of struct timespec, but for strict C,
   plain fields. */
struct _stat64 {
    unsigned int st_dev;
    unsigned short st_ino;
    unsigned short st_mode;
    short st_nlink;
    short st_uid;
    short st_gid;
    unsigned int st_rdev;
    long long st_size;
#ifdef st_atime
    struct timespec st_atim;
    struct timespec st_mtim;
    struct timespec st_ctim;
#else
    time_t st_atime;
    time_t st_mtime;
    time_t st_ctime;
#endif
};
#define _stat _stat64
#define _stati64 _stat64
#define _stat32 _stat64
#define _stat32i64 _stat64
#define _stat64i32 _stat64
#define __stat64 _stat64
#define _fstat _fstat64
#define _fstati64 _fstat64
#define _fstat32 _fstat64
#define _fstat64i32 _fstat64
#define _wstat _wstat64
#define _wstati64 _wstat64
#define _wstat64i32 _wstat64

LONGSHORE_C(int, stat, (const char *, struct stat *));
LONGSHORE_C(int, fstat, (int, struct stat *));

LONGSHORE_INLINE int longshore_stat_result(int result, const struct stat *from, struct _stat64 *to)
{
    if (result)
        return result;
    longshore_c_memset(to, 0, sizeof *to);
    to->st_dev = (unsigned int)from->st_dev;
    to->st_mode = (unsigned short)from->st_mode;
    to->st_nlink = (short)from->st_nlink;
    to->st_rdev = (unsigned int)from->st_rdev;
    to->st_size = from->st_size;
    to->st_atime = from->st_atime;
    to->st_mtime = from->st_mtime;
    to->st_ctime = from->st_ctime;
    return 0;
}
/* Facts about a file, by name or by descriptor. [crt _stat64, _wstat64, _fstat64] */
LONGSHORE_INLINE int _stat64(const char *path, struct _stat64 *status)
{
    struct stat found;
    char *plain = status ? longshore_path_copy(path) : NULL;
    int result = plain    ? longshore_c_stat(plain, &found)
                 : status ? -1
                          : (longshore_invalid(EINVAL), -1);
    longshore_c_free(plain);
    return longshore_stat_result(result, &found, status);
}
LONGSHORE_INLINE int _wstat64(const wchar_t *path, struct _stat64 *status)
{
    struct stat found;
    char *plain = status ? longshore_wide_path_copy(path) : NULL;
    int result = plain    ? longshore_c_stat(plain, &found)
                 : status ? -1
                          : (longshore_invalid(EINVAL), -1);
    longshore_c_free(plain);
    return longshore_stat_result(result, &found, status);
}
LONGSHORE_INLINE int _fstat64(int descriptor, struct _stat64 *status)
{
    struct stat found;
    if (!status) {
        longshore_invalid(EINVAL);
        return -1;
    }
    return longshore_stat_result(longshore_c_fstat(descriptor, &found), &found, status);
}

LONGSHORE_END

#endif
