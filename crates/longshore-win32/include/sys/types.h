/* Longshore: <sys/types.h> with Windows' u_long, which has 32 bits. */
#ifdef LONGSHORE_NATIVE_SOCKETS
#include_next <sys/types.h>
#elif !defined(LONGSHORE_SYS_TYPES_H)
#define LONGSHORE_SYS_TYPES_H
#define u_long longshore_libc_u_long
#include_next <sys/types.h>
#undef u_long
#ifndef LONGSHORE_U_LONG
#define LONGSHORE_U_LONG
typedef unsigned int u_long;
#endif
#endif
