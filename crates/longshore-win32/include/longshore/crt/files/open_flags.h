/*
 * The numbers of open's flags, O_*: Microsoft's for a program written for Windows, and Linux' where
 * the headers of a Linux library are read (LONGSHORE_AS_LINUX), which hand them on to that library.
 * Included again wherever the one becomes the other.
 *
 * A Linux number that means something else to Microsoft carries a bit that the kernel does not look
 * at: it tells open and its kin, if such a header calls them, whose number it is.
 */
#ifdef LONGSHORE_FCNTL_H
#undef O_APPEND
#undef O_CREAT
#undef O_TRUNC
#undef O_EXCL
#undef O_NOCTTY
#undef O_DSYNC
#undef O_RANDOM
#undef O_SEQUENTIAL
#undef O_TEMPORARY
#undef O_NOINHERIT
#undef O_TEXT
#undef O_BINARY
#undef O_RAW
#ifdef LONGSHORE_O_DIRECTORY
#undef O_DIRECTORY
#undef O_NOFOLLOW
#endif
#ifdef LONGSHORE_O_DIRECT
#undef O_DIRECT
#undef O_NOATIME
#endif

#ifdef LONGSHORE_AS_LINUX
#define LONGSHORE_LINUX_NUMBER(flag) ((flag) | 0x40000000)
#define O_APPEND LONGSHORE_LINUX_NUMBER(02000)
#define O_CREAT  LONGSHORE_LINUX_NUMBER(0100)
#define O_TRUNC  01000
#define O_EXCL   LONGSHORE_LINUX_NUMBER(0200)
#define O_NOCTTY LONGSHORE_LINUX_NUMBER(0400)
#define O_DSYNC  LONGSHORE_LINUX_NUMBER(__O_DSYNC)
#ifdef LONGSHORE_O_DIRECTORY
#define O_DIRECTORY LONGSHORE_LINUX_NUMBER(__O_DIRECTORY)
#define O_NOFOLLOW  LONGSHORE_LINUX_NUMBER(__O_NOFOLLOW)
#endif
#ifdef LONGSHORE_O_DIRECT
#define O_DIRECT  LONGSHORE_LINUX_NUMBER(__O_DIRECT)
#define O_NOATIME LONGSHORE_LINUX_NUMBER(__O_NOATIME)
#endif
#else
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
#define O_NOCTTY 0x01000000
#define O_DSYNC  0x20000000
#ifdef LONGSHORE_O_DIRECTORY
#define O_DIRECTORY 0x02000000
#define O_NOFOLLOW  0x04000000
#endif
#ifdef LONGSHORE_O_DIRECT
#define O_DIRECT  0x08000000
#define O_NOATIME 0x10000000
#endif
#endif
#endif
