/* Longshore: <netinet/in.h>, which in a Linux library's header beside Winsock is Winsock's. */
#if defined(LONGSHORE_AS_LINUX) && defined(LONGSHORE_BESIDE_WINSOCK) && \
    !defined(LONGSHORE_NATIVE_SOCKETS)
#include <longshore/socket/beside_winsock.h>
#else
#include_next <netinet/in.h>
#endif
