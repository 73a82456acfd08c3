/*
 * glibc's <fcntl.h> with Microsoft's numbers for the flags of open and _open, whichever of the two
 * a program calls and however it spells the flags. Linux' own flags that Microsoft has no word for
 * keep their names; those whose number Microsoft has taken have another one. All functions that
 * take such flags know that: open and its kin here, shm_open, sem_open, mq_open and posix_openpt.
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

/* Whether the program has asked for these, too. */
#ifdef O_DIRECTORY
#define LONGSHORE_O_DIRECTORY
#endif
#ifdef O_DIRECT
#define LONGSHORE_O_DIRECT
#endif
#include <longshore/crt/files/open_flags.h>

#ifdef __cplusplus
extern "C" {
#endif
/* Opens a file. [io.h open] */
extern int open(const char *path, int flags, ...) __asm__("longshore_open");
#ifdef AT_FDCWD
/* As open, from a directory on: not Windows', but beside it. [fcntl.h openat] */
extern int openat(int directory, const char *path, int flags, ...) __asm__("longshore_openat");
#endif
#ifdef __USE_LARGEFILE64
extern int open64(const char *path, int flags, ...) __asm__("longshore_open");
#ifdef AT_FDCWD
extern int openat64(int directory, const char *path, int flags, ...) __asm__("longshore_openat");
#endif
#endif
/* Asks and changes what belongs to a descriptor; F_GETFL and F_SETFL speak of the flags above. Not
   Windows', but beside it. [fcntl.h fcntl] */
extern int fcntl(int descriptor, int command, ...) __asm__("longshore_fcntl");
#ifdef __cplusplus
}
#endif

#endif
