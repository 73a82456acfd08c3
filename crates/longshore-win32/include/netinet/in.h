/* Longshore: <netinet/in.h>, which is Winsock's beside Winsock. */
#if defined(LONGSHORE_AS_LINUX) && defined(LONGSHORE_BESIDE_WINSOCK) && \
    !defined(LONGSHORE_NATIVE_SOCKETS)
#include <longshore/socket/beside_winsock.h>
#elif defined(_WINSOCK2API_) && !defined(LONGSHORE_NATIVE_SOCKETS)
#include <ws2tcpip.h>
#else
#include_next <netinet/in.h>
#endif
