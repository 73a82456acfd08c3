/*
 * glibc's <fcntl.h> with Microsoft's numbers for the flags of open and _open, whichever of the two
 * a program calls and however it spells the flags. Linux' own flags that Microsoft has no word for
 * keep their names; those whose number Microsoft has taken have another one, which open and openat
 * know. fcntl(F_GETFL) and functions of other headers (shm_open, posix_openpt) have Linux' numbers.
 */
#pragma GCC system_header
#include <longshore/crt/glibc_begin.inc>
#include_next <fcntl.h>
#include <longshore/crt/glibc_end.inc>

#if !defined(LONGSHORE_FCNTL_H) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define LONGSHORE_FCNTL_H

#define _O_RDONLY      0
#define _O_WRONLY      1
#define _O_RDWR        2
#define _O_APPEND      0x8
#define _O_RANDOM      0x10
#define _O_SEQUENTIAL  0x20
#define _O_TEMPORARY   0x40
#define _O_NOINHERIT   0x80
#define _O_CREAT       0x100
#define _O_TRUNC       0x200
#define _O_EXCL        0x400
#define _O_SHORT_LIVED 0x1000
#define _O_OBTAIN_DIR  0x2000
#define _O_TEXT        0x4000
#define _O_BINARY      0x8000
#define _O_RAW         _O_BINARY
#define _O_WTEXT       0x10000
#define _O_U16TEXT     0x20000
#define _O_U8TEXT      0x40000

#undef O_APPEND
#undef O_CREAT
#undef O_TRUNC
#undef O_EXCL
#define O_APPEND     _O_APPEND
#define O_CREAT      _O_CREAT
#define O_TRUNC      _O_TRUNC
#define O_EXCL       _O_EXCL
#define O_RANDOM     _O_RANDOM
#define O_SEQUENTIAL _O_SEQUENTIAL
#define O_TEMPORARY  _O_TEMPORARY
#define O_NOINHERIT  _O_NOINHERIT
#define O_TEXT       _O_TEXT
#define O_BINARY     _O_BINARY
#define O_RAW        _O_BINARY

/* Linux' flags under numbers that are free. */
#undef O_NOCTTY
#undef O_DSYNC
#define O_NOCTTY 0x01000000
#define O_DSYNC  0x20000000
#ifdef O_DIRECTORY
#undef O_DIRECTORY
#undef O_NOFOLLOW
#define O_DIRECTORY 0x02000000
#define O_NOFOLLOW  0x04000000
#endif
#ifdef O_DIRECT
#undef O_DIRECT
#undef O_NOATIME
#define O_DIRECT  0x08000000
#define O_NOATIME 0x10000000
#endif

#ifdef __cplusplus
extern "C" {
#endif
/* Opens a file. [io.h open] */
extern int open(const char *path, int flags, ...) __asm__("longshore_open");
#ifdef AT_FDCWD
/* As open, from a directory on: not Windows', but beside it. [fcntl.h openat] */
extern int openat(int directory, const char *path, int flags, ...) __asm__("longshore_openat");
#endif
#ifdef __cplusplus
}
#endif

#endif
