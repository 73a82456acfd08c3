/* Longshore: Winsock 2: overlapped sends and receives, events, ioctls, protocols. */
#ifndef LONGSHORE_WINSOCK2_API_H
#define LONGSHORE_WINSOCK2_API_H

#include <longshore/socket/sockets.h>

typedef HANDLE WSAEVENT, *LPWSAEVENT;
typedef OVERLAPPED WSAOVERLAPPED, *LPWSAOVERLAPPED;
typedef unsigned int GROUP;
typedef void(CALLBACK *LPWSAOVERLAPPED_COMPLETION_ROUTINE)(
    DWORD dwError, DWORD cbTransferred, LPWSAOVERLAPPED lpOverlapped, DWORD dwFlags);

#define WSA_INVALID_EVENT       ((WSAEVENT)NULL)
#define WSA_MAXIMUM_WAIT_EVENTS 64
#define WSA_WAIT_FAILED         ((DWORD)0xFFFFFFFF)
#define WSA_WAIT_EVENT_0        ((DWORD)0)
#define WSA_WAIT_IO_COMPLETION  ((DWORD)0xC0)
#define WSA_WAIT_TIMEOUT        ((DWORD)258)
#define WSA_INFINITE            0xFFFFFFFF

struct _WSABUF;
LONGSHORE_C_BEGIN
/* Sends all of the buffers. S1-S5, S23. [winsock2.h WSASend] */
int WSAAPI WSASend(SOCKET s, struct _WSABUF *lpBuffers, DWORD dwBufferCount,
    LPDWORD lpNumberOfBytesSent, DWORD dwFlags, LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Receives what is there; waits for some. S1-S9. [winsock2.h WSARecv] */
int WSAAPI WSARecv(SOCKET s, struct _WSABUF *lpBuffers, DWORD dwBufferCount,
    LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Sends a datagram to an address. S1, S2. [winsock2.h WSASendTo] */
int WSAAPI WSASendTo(SOCKET s, struct _WSABUF *lpBuffers, DWORD dwBufferCount,
    LPDWORD lpNumberOfBytesSent, DWORD dwFlags, const struct sockaddr *lpTo, int iTolen,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Receives a datagram and its sender. S10-S12. [winsock2.h WSARecvFrom] */
int WSAAPI WSARecvFrom(SOCKET s, struct _WSABUF *lpBuffers, DWORD dwBufferCount,
    LPDWORD lpNumberOfBytesRecvd, LPDWORD lpFlags, struct sockaddr *lpFrom, LPINT lpFromlen,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
LONGSHORE_C_END

/* WSABUF carries the overloads for `unsigned long` counts and flags (see overlapped.h). */
#ifdef __cplusplus
extern "C++" {
#endif
typedef struct _WSABUF {
    ULONG len;
    CHAR *buf;

#ifdef __cplusplus
    template <class Count>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, int>::type
    WSASend(SOCKET s, struct _WSABUF *buffers, DWORD n, Count *sent, DWORD flags,
        LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
    {
        DWORD b = 0;
        int result = ::WSASend(s, buffers, n, sent ? &b : 0, flags, ov, routine);
        if (sent) *sent = b;
        return result;
    }
    template <class Count>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, int>::type
    WSASendTo(SOCKET s, struct _WSABUF *buffers, DWORD n, Count *sent, DWORD flags,
        const struct sockaddr *to, int tolen, LPWSAOVERLAPPED ov,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
    {
        DWORD b = 0;
        int result = ::WSASendTo(s, buffers, n, sent ? &b : 0, flags, to, tolen, ov, routine);
        if (sent) *sent = b;
        return result;
    }
    template <class Flags>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Flags>::value, int>::type
    WSARecv(SOCKET s, struct _WSABUF *buffers, DWORD n, LPDWORD received, Flags *flags,
        LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
    {
        DWORD f = static_cast<DWORD>(*flags);
        int result = ::WSARecv(s, buffers, n, received, &f, ov, routine);
        *flags = f;
        return result;
    }
    template <class Count, class Flags>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, int>::type
    WSARecv(SOCKET s, struct _WSABUF *buffers, DWORD n, Count *received, Flags *flags,
        LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
    {
        DWORD b = 0, f = static_cast<DWORD>(*flags);
        int result = ::WSARecv(s, buffers, n, received ? &b : 0, &f, ov, routine);
        if (received) *received = b;
        *flags = f;
        return result;
    }
    template <class Flags>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Flags>::value, int>::type
    WSARecvFrom(SOCKET s, struct _WSABUF *buffers, DWORD n, LPDWORD received, Flags *flags,
        struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED ov,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
    {
        DWORD f = static_cast<DWORD>(*flags);
        int result = ::WSARecvFrom(s, buffers, n, received, &f, from, fromlen, ov, routine);
        *flags = f;
        return result;
    }
    template <class Count, class Flags>
    friend typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, int>::type
    WSARecvFrom(SOCKET s, struct _WSABUF *buffers, DWORD n, Count *received, Flags *flags,
        struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED ov,
        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
    {
        DWORD b = 0, f = static_cast<DWORD>(*flags);
        int result =
            ::WSARecvFrom(s, buffers, n, received ? &b : 0, &f, from, fromlen, ov, routine);
        if (received) *received = b;
        *flags = f;
        return result;
    }
#endif
} WSABUF, *LPWSABUF, *PWSABUF;
#ifdef __cplusplus
}
#endif

typedef struct _WSAMSG {
    LPSOCKADDR name;
    INT        namelen;
    LPWSABUF   lpBuffers;
    ULONG      dwBufferCount;
    WSABUF     Control;
    ULONG      dwFlags;
} WSAMSG, *PWSAMSG, *LPWSAMSG;
typedef struct cmsghdr {
    SIZE_T cmsg_len;
    INT cmsg_level;
    INT cmsg_type;
} WSACMSGHDR, *PWSACMSGHDR, *LPWSACMSGHDR, CMSGHDR, *PCMSGHDR;
#define WSA_CMSGHDR_ALIGN(n)  (((n) + sizeof(SIZE_T) - 1) & ~(sizeof(SIZE_T) - 1))
#define WSA_CMSGDATA_ALIGN(n) WSA_CMSGHDR_ALIGN(n)
#define WSA_CMSG_FIRSTHDR(msg)                                                   \
    ((msg)->Control.len >= sizeof(WSACMSGHDR) ? (LPWSACMSGHDR)(msg)->Control.buf \
                                              : (LPWSACMSGHDR)NULL)
#define WSA_CMSG_NXTHDR(msg, cmsg)                                                    \
    ((cmsg) == NULL ? WSA_CMSG_FIRSTHDR(msg)                                          \
        : (PUCHAR)(cmsg) + WSA_CMSGHDR_ALIGN((cmsg)->cmsg_len) + sizeof(WSACMSGHDR) > \
                (PUCHAR)(msg)->Control.buf + (msg)->Control.len                       \
            ? (LPWSACMSGHDR)NULL                                                      \
            : (LPWSACMSGHDR)((PUCHAR)(cmsg) + WSA_CMSGHDR_ALIGN((cmsg)->cmsg_len)))
#define WSA_CMSG_DATA(cmsg) ((PUCHAR)(cmsg) + WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR)))
#define WSA_CMSG_SPACE(n)   (WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR)) + WSA_CMSGHDR_ALIGN(n))
#define WSA_CMSG_LEN(n)     (WSA_CMSGDATA_ALIGN(sizeof(WSACMSGHDR)) + (n))
#define CMSG_SPACE          WSA_CMSG_SPACE
#define CMSG_LEN            WSA_CMSG_LEN

typedef struct _FLOWSPEC {
    ULONG TokenRate, TokenBucketSize, PeakBandwidth, Latency, DelayVariation, ServiceType,
        MaxSduSize, MinimumPolicedSize;
} FLOWSPEC, *PFLOWSPEC, *LPFLOWSPEC;
typedef struct _QualityOfService {
    FLOWSPEC SendingFlowspec, ReceivingFlowspec;
    WSABUF ProviderSpecific;
} QOS, *LPQOS;

typedef struct _WSANETWORKEVENTS {
    LONG lNetworkEvents;
    int iErrorCode[FD_MAX_EVENTS];
} WSANETWORKEVENTS, *LPWSANETWORKEVENTS;

typedef struct _WSAPROTOCOLCHAIN {
    int ChainLen;
    DWORD ChainEntries[MAX_PROTOCOL_CHAIN];
} WSAPROTOCOLCHAIN, *LPWSAPROTOCOLCHAIN;
typedef struct _WSAPROTOCOL_INFOA {
    DWORD dwServiceFlags1, dwServiceFlags2, dwServiceFlags3, dwServiceFlags4, dwProviderFlags;
    GUID  ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion, iAddressFamily, iMaxSockAddr, iMinSockAddr, iSocketType, iProtocol,
        iProtocolMaxOffset, iNetworkByteOrder, iSecurityScheme;
    DWORD dwMessageSize, dwProviderReserved;
    CHAR  szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOA, *LPWSAPROTOCOL_INFOA;
typedef struct _WSAPROTOCOL_INFOW {
    DWORD dwServiceFlags1, dwServiceFlags2, dwServiceFlags3, dwServiceFlags4, dwProviderFlags;
    GUID  ProviderId;
    DWORD dwCatalogEntryId;
    WSAPROTOCOLCHAIN ProtocolChain;
    int iVersion, iAddressFamily, iMaxSockAddr, iMinSockAddr, iSocketType, iProtocol,
        iProtocolMaxOffset, iNetworkByteOrder, iSecurityScheme;
    DWORD dwMessageSize, dwProviderReserved;
    WCHAR szProtocol[WSAPROTOCOL_LEN + 1];
} WSAPROTOCOL_INFOW, *LPWSAPROTOCOL_INFOW;
#ifdef UNICODE
typedef WSAPROTOCOL_INFOW WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#else
typedef WSAPROTOCOL_INFOA WSAPROTOCOL_INFO, *LPWSAPROTOCOL_INFO;
#endif

typedef int(CALLBACK *LPCONDITIONPROC)(LPWSABUF lpCallerId, LPWSABUF lpCallerData, LPQOS lpSQOS,
    LPQOS lpGQOS, LPWSABUF lpCalleeId, LPWSABUF lpCalleeData, GROUP *g, DWORD_PTR dwCallbackData);

LONGSHORE_C_BEGIN
/* Makes a socket, overlapped if asked for. P8. [winsock2.h WSASocketA/W] */
SOCKET WSAAPI WSASocketA(int af, int type, int protocol, LPWSAPROTOCOL_INFOA lpProtocolInfo,
    GROUP g, DWORD dwFlags);
SOCKET WSAAPI WSASocketW(int af, int type, int protocol, LPWSAPROTOCOL_INFOW lpProtocolInfo,
    GROUP g, DWORD dwFlags);
/* Waits for a connection and gives its socket, if the condition accepts it.
   [winsock2.h WSAAccept] */
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen,
    LPCONDITIONPROC lpfnCondition, DWORD_PTR dwCallbackData);
/* Connects a socket; connect data and quality of service are ignored. [winsock2.h WSAConnect] */
int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
    LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS);
/* Connects to a host and a service by name. [winsock2.h WSAConnectByNameA/W] */
BOOL WSAAPI WSAConnectByNameA(SOCKET s, LPCSTR nodename, LPCSTR servicename,
    LPDWORD LocalAddressLength, LPSOCKADDR LocalAddress, LPDWORD RemoteAddressLength,
    LPSOCKADDR RemoteAddress, const struct timeval *timeout, LPWSAOVERLAPPED Reserved);
BOOL WSAAPI WSAConnectByNameW(SOCKET s, LPWSTR nodename, LPWSTR servicename,
    LPDWORD LocalAddressLength, LPSOCKADDR LocalAddress, LPDWORD RemoteAddressLength,
    LPSOCKADDR RemoteAddress, const struct timeval *timeout, LPWSAOVERLAPPED Reserved);
/* Connects to the first address of a list that answers. [winsock2.h WSAConnectByList] */
LONGSHORE_ABSENT(WSAConnectByList)
BOOL WSAAPI WSAConnectByList(SOCKET s, PSOCKET_ADDRESS_LIST SocketAddress,
    LPDWORD LocalAddressLength, LPSOCKADDR LocalAddress, LPDWORD RemoteAddressLength,
    LPSOCKADDR RemoteAddress, const struct timeval *timeout, LPWSAOVERLAPPED Reserved);
/* Sends a datagram to an address, with control data. [winsock2.h WSASendMsg] */
int WSAAPI WSASendMsg(SOCKET Handle, LPWSAMSG lpMsg, DWORD dwFlags, LPDWORD lpNumberOfBytesSent,
    LPWSAOVERLAPPED lpOverlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Ends sending. [winsock2.h WSASendDisconnect] */
int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF lpOutboundDisconnectData);
/* Ends receiving. [winsock2.h WSARecvDisconnect] */
int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF lpInboundDisconnectData);
/* Controls a socket; every code is answered inside the call. IO6. [winsock2.h WSAIoctl] */
int WSAAPI WSAIoctl(SOCKET s, DWORD dwIoControlCode, LPVOID lpvInBuffer, DWORD cbInBuffer,
    LPVOID lpvOutBuffer, DWORD cbOutBuffer, LPDWORD lpcbBytesReturned, LPWSAOVERLAPPED lpOverlapped,
    LPWSAOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
/* Waits until one of several sockets is ready. [winsock2.h WSAPoll] */
int WSAAPI WSAPoll(LPWSAPOLLFD fdArray, ULONG fds, INT timeout);

/* Makes a manual-reset event. [winsock2.h WSACreateEvent] */
WSAEVENT WSAAPI WSACreateEvent(void);
/* Closes an event. [winsock2.h WSACloseEvent] */
BOOL WSAAPI WSACloseEvent(WSAEVENT hEvent);
/* Signals an event. [winsock2.h WSASetEvent] */
BOOL WSAAPI WSASetEvent(WSAEVENT hEvent);
/* Takes the signal of an event back. [winsock2.h WSAResetEvent] */
BOOL WSAAPI WSAResetEvent(WSAEVENT hEvent);
/* Waits for one or all of up to 64 events. [winsock2.h WSAWaitForMultipleEvents] */
DWORD WSAAPI WSAWaitForMultipleEvents(DWORD cEvents, const WSAEVENT *lphEvents, BOOL fWaitAll,
    DWORD dwTimeout, BOOL fAlertable);
/* Sets an event when network events happen; makes the socket nonblocking.
   [winsock2.h WSAEventSelect] */
int WSAAPI WSAEventSelect(SOCKET s, WSAEVENT hEventObject, long lNetworkEvents);
/* Tells the network events since the last call; may reset the event.
   [winsock2.h WSAEnumNetworkEvents] */
int WSAAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT hEventObject,
    LPWSANETWORKEVENTS lpNetworkEvents);

/* Describes a socket, so that it can be opened again. S21. [winsock2.h WSADuplicateSocketA/W] */
int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOA lpProtocolInfo);
int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD dwProcessId, LPWSAPROTOCOL_INFOW lpProtocolInfo);
/* Lists the protocols; gives their number. [winsock2.h WSAEnumProtocolsA/W] */
int WSAAPI WSAEnumProtocolsA(LPINT lpiProtocols, LPWSAPROTOCOL_INFOA lpProtocolBuffer,
    LPDWORD lpdwBufferLength);
int WSAAPI WSAEnumProtocolsW(LPINT lpiProtocols, LPWSAPROTOCOL_INFOW lpProtocolBuffer,
    LPDWORD lpdwBufferLength);
/* Joins a multicast session. [winsock2.h WSAJoinLeaf] */
LONGSHORE_ABSENT(WSAJoinLeaf)
SOCKET WSAAPI WSAJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF lpCallerData,
    LPWSABUF lpCalleeData, LPQOS lpSQOS, LPQOS lpGQOS, DWORD dwFlags);
/* Puts a number into network order. [winsock2.h WSAHtonl] */
int WSAAPI WSAHtonl(SOCKET s, u_long hostlong, u_long *lpnetlong);
/* Puts a number into network order. [winsock2.h WSAHtons] */
int WSAAPI WSAHtons(SOCKET s, u_short hostshort, u_short *lpnetshort);
/* Puts a number into the order of this machine. [winsock2.h WSANtohl] */
int WSAAPI WSANtohl(SOCKET s, u_long netlong, u_long *lphostlong);
/* Puts a number into the order of this machine. [winsock2.h WSANtohs] */
int WSAAPI WSANtohs(SOCKET s, u_short netshort, u_short *lphostshort);
/* Finds a template of quality of service. [winsock2.h WSAGetQOSByName] */
LONGSHORE_ABSENT(WSAGetQOSByName)
BOOL WSAAPI WSAGetQOSByName(SOCKET s, LPWSABUF lpQOSName, LPQOS lpQOS);
LONGSHORE_C_END

#define WSASocket          LONGSHORE_AW(WSASocket)
#define WSAConnectByName   LONGSHORE_AW(WSAConnectByName)
#define WSADuplicateSocket LONGSHORE_AW(WSADuplicateSocket)
#define WSAEnumProtocols   LONGSHORE_AW(WSAEnumProtocols)

#ifdef __cplusplus
extern "C++" {
template <class Count>
typename longshore::enable_if<longshore::is_unsigned_long<Count>::value, int>::type WSAIoctl(
    SOCKET s, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size, Count *returned,
    LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    DWORD n = 0;
    int result = ::WSAIoctl(s, code, in, in_size, out, out_size, &n, overlapped, routine);
    *returned = n;
    return result;
}
}
#endif

#endif
