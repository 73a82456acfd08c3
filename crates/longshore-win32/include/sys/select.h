/* Longshore: <sys/select.h> without its sockets.
 *
 * libstdc++ includes this file for struct timeval and the signal masks. Its fd_set is a bit map
 * and its select() takes descriptors, so both get other names here and <winsock2.h> has the ones
 * that programs mean. A source file for Linux alone defines LONGSHORE_NATIVE_SOCKETS. */
#ifdef LONGSHORE_NATIVE_SOCKETS
#include_next <sys/select.h>
#elif !defined(LONGSHORE_SYS_SELECT_H)
#define LONGSHORE_SYS_SELECT_H
#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#define fd_set  longshore_libc_fd_set
#define select  longshore_libc_select
#define pselect longshore_libc_pselect
#include_next <sys/select.h>
#undef fd_set
#undef select
#undef pselect
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#undef FD_ZERO
#undef FD_SETSIZE
#pragma pop_macro("FD_SETSIZE")
#include <longshore/socket/linux_names.h>
#endif
