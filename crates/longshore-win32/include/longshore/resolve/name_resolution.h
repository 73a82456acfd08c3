/* Longshore: names and addresses: getaddrinfo and its kin, the older lookups, text forms. */
#ifndef LONGSHORE_NAME_RESOLUTION_H
#define LONGSHORE_NAME_RESOLUTION_H

#include <longshore/socket/winsock2_api.h>
#include <longshore/abi/errors.h>

#ifndef LONGSHORE_SOCKLEN_T
#define LONGSHORE_SOCKLEN_T
typedef int socklen_t;
#endif
#define EAI_AGAIN    WSATRY_AGAIN
#define EAI_BADFLAGS WSAEINVAL
#define EAI_FAIL     WSANO_RECOVERY
#define EAI_FAMILY   WSAEAFNOSUPPORT
#define EAI_MEMORY   WSA_NOT_ENOUGH_MEMORY
#define EAI_NONAME   WSAHOST_NOT_FOUND
#define EAI_NODATA   EAI_NONAME
#define EAI_SERVICE  WSATYPE_NOT_FOUND
#define EAI_SOCKTYPE WSAESOCKTNOSUPPORT

typedef void(CALLBACK *LPLOOKUPSERVICE_COMPLETION_ROUTINE)(
    DWORD dwError, DWORD dwBytes, LPWSAOVERLAPPED lpOverlapped);

LONGSHORE_C_BEGIN
/* Finds the addresses of a host and a service. [ws2tcpip.h getaddrinfo] */
INT WSAAPI getaddrinfo(PCSTR pNodeName, PCSTR pServiceName, const ADDRINFOA *pHints,
    PADDRINFOA *ppResult) LONGSHORE_SYMBOL(getaddrinfo);
/* Frees a list of addresses. [ws2tcpip.h freeaddrinfo] */
VOID WSAAPI freeaddrinfo(PADDRINFOA pAddrInfo) LONGSHORE_SYMBOL(freeaddrinfo);
/* Finds the addresses of a host and a service. [ws2tcpip.h GetAddrInfoW] */
INT WSAAPI GetAddrInfoW(PCWSTR pNodeName, PCWSTR pServiceName, const ADDRINFOW *pHints,
    PADDRINFOW *ppResult);
/* Frees a list of addresses. [ws2tcpip.h FreeAddrInfoW] */
VOID WSAAPI FreeAddrInfoW(PADDRINFOW pAddrInfo);
/* Finds the names of an address. [ws2tcpip.h getnameinfo] */
INT WSAAPI getnameinfo(const SOCKADDR *pSockaddr, int SockaddrLength, PCHAR pNodeBuffer,
    DWORD NodeBufferSize, PCHAR pServiceBuffer, DWORD ServiceBufferSize,
    INT Flags) LONGSHORE_SYMBOL(getnameinfo);
/* Finds the names of an address. [ws2tcpip.h GetNameInfoW] */
INT WSAAPI GetNameInfoW(const SOCKADDR *pSockaddr, int SockaddrLength, PWCHAR pNodeBuffer,
    DWORD NodeBufferSize, PWCHAR pServiceBuffer, DWORD ServiceBufferSize, INT Flags);

/* Finds the IPv4 addresses of a host. [winsock2.h gethostbyname] */
struct hostent *WSAAPI gethostbyname(const char *name) LONGSHORE_SYMBOL(gethostbyname);
/* Finds the host of an address. [winsock2.h gethostbyaddr] */
struct hostent *WSAAPI gethostbyaddr(const char *addr, int len,
    int type) LONGSHORE_SYMBOL(gethostbyaddr);
/* Finds the port of a service. [winsock2.h getservbyname] */
struct servent *WSAAPI getservbyname(const char *name,
    const char *proto) LONGSHORE_SYMBOL(getservbyname);
/* Finds the service of a port. [winsock2.h getservbyport] */
struct servent *WSAAPI getservbyport(int port, const char *proto) LONGSHORE_SYMBOL(getservbyport);
/* Finds the number of a protocol. [winsock2.h getprotobyname] */
struct protoent *WSAAPI getprotobyname(const char *name) LONGSHORE_SYMBOL(getprotobyname);
/* Finds the name of a protocol. [winsock2.h getprotobynumber] */
struct protoent *WSAAPI getprotobynumber(int number) LONGSHORE_SYMBOL(getprotobynumber);
#ifndef LONGSHORE_GETHOSTNAME
#define LONGSHORE_GETHOSTNAME
int WSAAPI gethostname(char *name, int namelen) LONGSHORE_SYMBOL(gethostname);
#endif
/* Gives the name of this machine. [winsock2.h GetHostNameW] */
int WSAAPI GetHostNameW(PWSTR name, int namelen);

/* Reads an IPv4 address; INADDR_NONE for what is none. [winsock2.h inet_addr] */
unsigned int WSAAPI inet_addr(const char *cp) LONGSHORE_SYMBOL(inet_addr);
/* Writes an IPv4 address, in memory of the thread. [winsock2.h inet_ntoa] */
char *WSAAPI inet_ntoa(struct in_addr in) LONGSHORE_SYMBOL(inet_ntoa);
/* Reads an address; 0 for what is none. [ws2tcpip.h inet_pton] */
INT WSAAPI inet_pton(INT Family, PCSTR pszAddrString, PVOID pAddrBuf) LONGSHORE_SYMBOL(inet_pton);
/* Writes an address. [ws2tcpip.h inet_ntop] */
PCSTR WSAAPI inet_ntop(INT Family, const VOID *pAddr, PSTR pStringBuf,
    size_t StringBufSize) LONGSHORE_SYMBOL(inet_ntop);
/* Reads an address; 0 for what is none. [ws2tcpip.h InetPtonW] */
INT WSAAPI InetPtonW(INT Family, PCWSTR pszAddrString, PVOID pAddrBuf);
/* Writes an address. [ws2tcpip.h InetNtopW] */
PCWSTR WSAAPI InetNtopW(INT Family, const VOID *pAddr, PWSTR pStringBuf, size_t StringBufSize);
/* Writes a socket address with its port. [winsock2.h WSAAddressToStringA/W] */
INT WSAAPI WSAAddressToStringA(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
    LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSTR lpszAddressString, LPDWORD lpdwAddressStringLength);
INT WSAAPI WSAAddressToStringW(LPSOCKADDR lpsaAddress, DWORD dwAddressLength,
    LPWSAPROTOCOL_INFOW lpProtocolInfo, LPWSTR lpszAddressString, LPDWORD lpdwAddressStringLength);
/* Reads a socket address. [winsock2.h WSAStringToAddressA/W] */
INT WSAAPI WSAStringToAddressA(LPSTR AddressString, INT AddressFamily,
    LPWSAPROTOCOL_INFOA lpProtocolInfo, LPSOCKADDR lpAddress, LPINT lpAddressLength);
INT WSAAPI WSAStringToAddressW(LPWSTR AddressString, INT AddressFamily,
    LPWSAPROTOCOL_INFOW lpProtocolInfo, LPSOCKADDR lpAddress, LPINT lpAddressLength);
LONGSHORE_C_END

#define GetAddrInfoA  getaddrinfo
#define FreeAddrInfoA freeaddrinfo
#define GetNameInfoA  getnameinfo
#define InetPtonA     inet_pton
#define InetNtopA     inet_ntop
#define GetAddrInfo        LONGSHORE_AW(GetAddrInfo)
#define FreeAddrInfo       LONGSHORE_AW(FreeAddrInfo)
#define GetNameInfo        LONGSHORE_AW(GetNameInfo)
#define InetPton           LONGSHORE_AW(InetPton)
#define InetNtop           LONGSHORE_AW(InetNtop)
#define WSAAddressToString LONGSHORE_AW(WSAAddressToString)
#define WSAStringToAddress LONGSHORE_AW(WSAStringToAddress)

/* As on Windows, the text of a lookup error is the system's text of the same code. */
#define GAI_STRERROR_BUFFER_SIZE 1024
/* The message of an error of getaddrinfo. [ws2tcpip gai_strerrorA] */
static inline char *gai_strerrorA(int code)
{
    static __thread char text[GAI_STRERROR_BUFFER_SIZE + 1];
    FormatMessageA(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
        NULL, (DWORD)code, 0, text, GAI_STRERROR_BUFFER_SIZE, NULL);
    return text;
}
static inline WCHAR *gai_strerrorW(int code)
{
    static __thread WCHAR text[GAI_STRERROR_BUFFER_SIZE + 1];
    FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
        NULL, (DWORD)code, 0, text, GAI_STRERROR_BUFFER_SIZE, NULL);
    return text;
}
#define gai_strerror LONGSHORE_AW(gai_strerror)

static const IN6_ADDR in6addr_any __attribute__((__unused__)) = IN6ADDR_ANY_INIT;
static const IN6_ADDR in6addr_loopback __attribute__((__unused__)) = IN6ADDR_LOOPBACK_INIT;
/* Compares and classifies IPv6 addresses. [ws2ipdef.h IN6_ADDR_EQUAL, mstcpip] */
static inline int IN6_ADDR_EQUAL(const IN6_ADDR *a, const IN6_ADDR *b)
{
    return !__builtin_memcmp(a, b, sizeof *a);
}
static inline int IN6_IS_ADDR_UNSPECIFIED(const IN6_ADDR *a)
{
    return IN6_ADDR_EQUAL(a, &in6addr_any);
}
static inline int IN6_IS_ADDR_LOOPBACK(const IN6_ADDR *a)
{
    return IN6_ADDR_EQUAL(a, &in6addr_loopback);
}
static inline int IN6_IS_ADDR_MULTICAST(const IN6_ADDR *a) { return a->s6_bytes[0] == 0xff; }
static inline int IN6_IS_ADDR_LINKLOCAL(const IN6_ADDR *a)
{
    return a->s6_bytes[0] == 0xfe && (a->s6_bytes[1] & 0xc0) == 0x80;
}
static inline int IN6_IS_ADDR_SITELOCAL(const IN6_ADDR *a)
{
    return a->s6_bytes[0] == 0xfe && (a->s6_bytes[1] & 0xc0) == 0xc0;
}
static inline int IN6_IS_ADDR_V4MAPPED(const IN6_ADDR *a)
{
    return !a->s6_words[0] && !a->s6_words[1] && !a->s6_words[2] && !a->s6_words[3] &&
           !a->s6_words[4] && a->s6_words[5] == 0xffff;
}

#endif
