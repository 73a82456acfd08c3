/*
 * Names that a Linux library's headers share with Winsock, and that are laid out otherwise there.
 * While such a header is read (LONGSHORE_AS_LINUX) they mean Linux' under another name: a program
 * that hands the library Winsock's is told so by the compiler. Included again wherever the one
 * becomes the other.
 */
#undef fd_set
#undef addrinfo
#undef hostent
#undef servent
#undef pollfd
#if defined(LONGSHORE_AS_LINUX) && !defined(LONGSHORE_NATIVE_SOCKETS)
#define fd_set longshore_libc_fd_set
#ifdef LONGSHORE_BESIDE_WINSOCK
#define addrinfo longshore_libc_addrinfo
#define hostent  longshore_libc_hostent
#define servent  longshore_libc_servent
#define pollfd   longshore_libc_pollfd
#endif
#endif
