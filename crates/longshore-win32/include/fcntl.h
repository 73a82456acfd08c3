/* glibc's <fcntl.h>, then Microsoft's names of its flags and the text modes of _setmode. */
#pragma GCC system_header
#include_next <fcntl.h>

#ifndef LONGSHORE_FCNTL_H
#define LONGSHORE_FCNTL_H

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#ifdef O_CLOEXEC
#define _O_NOINHERIT O_CLOEXEC
#else
#define _O_NOINHERIT 02000000
#endif
#define O_NOINHERIT _O_NOINHERIT

/* Bits open(2) does not know and ignores, so that they may reach it; _open takes them away. */
#define _O_TEXT 0x01000000
#define _O_BINARY 0x02000000
#define _O_WTEXT 0x04000000
#define _O_U16TEXT 0x08000000
#define _O_U8TEXT 0x10000000
#define _O_TEMPORARY 0x20000000
#define _O_SEQUENTIAL 0x40000000
#define _O_RANDOM 0
#define _O_SHORT_LIVED 0
#define _O_OBTAIN_DIR 0
#define _O_RAW _O_BINARY
#define LONGSHORE_CRT_FLAGS 0x7F000000
#define O_TEXT _O_TEXT
#define O_BINARY _O_BINARY
#define O_RAW _O_BINARY
#define O_TEMPORARY _O_TEMPORARY
#define O_SEQUENTIAL _O_SEQUENTIAL
#define O_RANDOM _O_RANDOM

#endif
