/* Longshore: the numbers of Winsock: families, protocols, options, flags and control codes. */
#ifndef LONGSHORE_SOCKET_CONSTANTS_H
#define LONGSHORE_SOCKET_CONSTANTS_H

#include <longshore/socket/socket_types.h>
#include <longshore/socket/well_known_ports.h>
#include <longshore/socket/winsock_errors.h>

#define WSANO_ADDRESS  WSANO_DATA
#define h_errno        WSAGetLastError()
#define HOST_NOT_FOUND WSAHOST_NOT_FOUND
#define TRY_AGAIN      WSATRY_AGAIN
#define NO_RECOVERY    WSANO_RECOVERY
#define NO_DATA        WSANO_DATA
#define NO_ADDRESS     WSANO_ADDRESS

#define AF_UNSPEC    0
#define AF_UNIX      1
#define AF_INET      2
#define AF_IPX       6
#define AF_APPLETALK 16
#define AF_NETBIOS   17
#define AF_INET6     23
#define AF_IRDA      26
#define AF_BTH       32
#define AF_HYPERV    34
#define AF_MAX       35
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX   AF_UNIX
#define PF_INET   AF_INET
#define PF_INET6  AF_INET6

#define SOCK_STREAM      1
#define SOCK_DGRAM       2
#define SOCK_RAW         3
#define SOCK_RDM         4
#define SOCK_SEQPACKET   5
#define IPPROTO_IP       0
#define IPPROTO_ICMP     1
#define IPPROTO_IGMP     2
#define IPPROTO_GGP      3
#define IPPROTO_IPV4     4
#define IPPROTO_TCP      6
#define IPPROTO_PUP      12
#define IPPROTO_UDP      17
#define IPPROTO_IDP      22
#define IPPROTO_IPV6     41
#define IPPROTO_ROUTING  43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_ESP      50
#define IPPROTO_AH       51
#define IPPROTO_ICMPV6   58
#define IPPROTO_NONE     59
#define IPPROTO_DSTOPTS  60
#define IPPROTO_SCTP     132
#define IPPROTO_RAW      255
#define IPPROTO_MAX 256
#define NSPROTO_IPX 1000

#define INADDR_ANY       0
#define INADDR_LOOPBACK  0x7F000001
#define INADDR_BROADCAST 0xFFFFFFFF
#define INADDR_NONE      0xFFFFFFFF
#define ADDR_ANY INADDR_ANY
#define IN6ADDR_ANY_INIT      { { { 0 } } }
#define IN6ADDR_LOOPBACK_INIT { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } } }
#define IN_CLASSA(i)    (((LONG)(i) & 0x80000000) == 0)
#define IN_CLASSB(i)    (((LONG)(i) & 0xc0000000) == 0x80000000)
#define IN_CLASSC(i)    (((LONG)(i) & 0xe0000000) == 0xc0000000)
#define IN_CLASSD(i)    (((LONG)(i) & 0xf0000000) == 0xe0000000)
#define IN_MULTICAST(i) IN_CLASSD(i)
#define INET_ADDRSTRLEN  22
#define INET6_ADDRSTRLEN 65
#define IPPORT_RESERVED  1024

#define SOMAXCONN          0x7fffffff
#define SOMAXCONN_HINT(b)  (-(b))
#define SOL_SOCKET                0xFFFF
#define SO_DEBUG                  1
#define SO_ACCEPTCONN             2
#define SO_REUSEADDR              4
#define SO_KEEPALIVE              8
#define SO_DONTROUTE              0x0010
#define SO_BROADCAST              0x0020
#define SO_USELOOPBACK            0x0040
#define SO_LINGER                 0x0080
#define SO_OOBINLINE              0x0100
#define SO_SNDBUF                 0x1001
#define SO_RCVBUF                 0x1002
#define SO_SNDLOWAT               0x1003
#define SO_RCVLOWAT               0x1004
#define SO_SNDTIMEO               0x1005
#define SO_RCVTIMEO               0x1006
#define SO_ERROR                  0x1007
#define SO_TYPE                   0x1008
#define SO_BSP_STATE              0x1009
#define SO_GROUP_ID               0x2001
#define SO_GROUP_PRIORITY         0x2002
#define SO_MAX_MSG_SIZE           0x2003
#define SO_PROTOCOL_INFOA         0x2004
#define SO_PROTOCOL_INFOW         0x2005
#define SO_CONDITIONAL_ACCEPT     0x3002
#define SO_PAUSE_ACCEPT           0x3003
#define SO_RANDOMIZE_PORT         0x3005
#define SO_PORT_SCALABILITY       0x3006
#define SO_REUSE_UNICASTPORT      0x3007
#define SO_OPENTYPE               0x7008
#define SO_MAXDG                  0x7009
#define SO_MAXPATHDG              0x700A
#define SO_SYNCHRONOUS_ALERT      0x0010
#define SO_SYNCHRONOUS_NONALERT   0x0020
#define SO_UPDATE_ACCEPT_CONTEXT  0x700B
#define SO_CONNECT_TIME           0x700C
#define SO_UPDATE_CONNECT_CONTEXT 0x7010
#define SO_DONTLINGER       ((int)(~SO_LINGER))
#define SO_EXCLUSIVEADDRUSE ((int)(~SO_REUSEADDR))
#ifdef UNICODE
#define SO_PROTOCOL_INFO SO_PROTOCOL_INFOW
#else
#define SO_PROTOCOL_INFO SO_PROTOCOL_INFOA
#endif
#define SO_CONNDATA 0x7000
#define SO_CONNOPT  0x7001

#define TCP_NODELAY                    1
#define TCP_EXPEDITED_1122             2
#define TCP_KEEPALIVE                  3
#define TCP_MAXSEG                     4
#define TCP_MAXRT                      5
#define TCP_STDURG                     6
#define TCP_NOURG                      7
#define TCP_ATMARK                     8
#define TCP_NOSYNRETRIES               9
#define TCP_TIMESTAMPS                 10
#define TCP_OFFLOAD_PREFERENCE         11
#define TCP_CONGESTION_ALGORITHM       12
#define TCP_DELAY_FIN_ACK              13
#define TCP_MAXRTMS                    14
#define TCP_FASTOPEN                   15
#define TCP_KEEPCNT                    16
#define TCP_KEEPINTVL                  17
#define TCP_FAIL_CONNECT_ON_ICMP_ERROR 18
#define TCP_ICMP_ERROR_INFO            19
#define TCP_KEEPIDLE TCP_KEEPALIVE
#define TCP_BSDURGENT 0x7000
#define UDP_NOCHECKSUM 1
#define UDP_CHECKSUM_COVERAGE       20
#define UDP_SEND_MSG_SIZE           2
#define UDP_RECV_MAX_COALESCED_SIZE 3

#define IP_OPTIONS                1
#define IP_HDRINCL                2
#define IP_TOS                    3
#define IP_TTL                    4
#define IP_MULTICAST_IF           9
#define IP_MULTICAST_TTL          10
#define IP_MULTICAST_LOOP         11
#define IP_ADD_MEMBERSHIP         12
#define IP_DROP_MEMBERSHIP        13
#define IP_DONTFRAGMENT           14
#define IP_ADD_SOURCE_MEMBERSHIP  15
#define IP_DROP_SOURCE_MEMBERSHIP 16
#define IP_BLOCK_SOURCE           17
#define IP_UNBLOCK_SOURCE         18
#define IP_PKTINFO                19
#define MCAST_JOIN_GROUP          41
#define MCAST_LEAVE_GROUP         42
#define MCAST_BLOCK_SOURCE        43
#define MCAST_UNBLOCK_SOURCE      44
#define MCAST_JOIN_SOURCE_GROUP   45
#define MCAST_LEAVE_SOURCE_GROUP  46
#define IP_RECEIVE_BROADCAST      22
#define IP_RECVIF                 24
#define IP_RECVDSTADDR            25
#define IP_UNICAST_IF             31
#define IP_RECVTTL                21
#define IP_RECVTOS                40
#define IP_MTU_DISCOVER           71
#define IP_MTU                    73
#define IPV6_HOPOPTS              1
#define IPV6_HDRINCL              2
#define IPV6_UNICAST_HOPS         4
#define IPV6_MULTICAST_IF         9
#define IPV6_MULTICAST_HOPS       10
#define IPV6_MULTICAST_LOOP       11
#define IPV6_ADD_MEMBERSHIP       12
#define IPV6_JOIN_GROUP           12
#define IPV6_DROP_MEMBERSHIP      13
#define IPV6_LEAVE_GROUP          13
#define IPV6_DONTFRAG             14
#define IPV6_PKTINFO              19
#define IPV6_HOPLIMIT             21
#define IPV6_PROTECTION_LEVEL     23
#define IPV6_RECVIF               24
#define IPV6_RECVDSTADDR          25
#define IPV6_CHECKSUM             26
#define IPV6_V6ONLY               27
#define IPV6_UNICAST_IF           31
#define IPV6_TCLASS               39
#define IPV6_RECVTCLASS           40
#define PROTECTION_LEVEL_UNRESTRICTED   10
#define PROTECTION_LEVEL_EDGERESTRICTED 20
#define PROTECTION_LEVEL_RESTRICTED     30

#define MSG_OOB            1
#define MSG_PEEK           2
#define MSG_DONTROUTE      4
#define MSG_WAITALL        8
#define MSG_PUSH_IMMEDIATE 0x0020
#define MSG_PARTIAL        0x8000
#define MSG_INTERRUPT      0x0010
#define MSG_TRUNC          0x0100
#define MSG_CTRUNC         0x0200
#define MSG_BCAST          0x0400
#define MSG_MCAST          0x0800
#define MSG_ERRQUEUE       0x1000
#define MSG_MAXIOVLEN 16
#define SD_RECEIVE 0
#define SD_SEND    1
#define SD_BOTH    2

#define WSA_FLAG_OVERLAPPED             1
#define WSA_FLAG_MULTIPOINT_C_ROOT      2
#define WSA_FLAG_MULTIPOINT_C_LEAF      4
#define WSA_FLAG_MULTIPOINT_D_ROOT      8
#define WSA_FLAG_MULTIPOINT_D_LEAF      0x0010
#define WSA_FLAG_ACCESS_SYSTEM_SECURITY 0x0040
#define WSA_FLAG_NO_HANDLE_INHERIT      0x0080
#define WSA_FLAG_REGISTERED_IO          0x0100
#define SG_UNCONSTRAINED_GROUP 1
#define SG_CONSTRAINED_GROUP   2
#define CF_ACCEPT 0
#define CF_REJECT 1
#define CF_DEFER  2
#define MAX_PROTOCOL_CHAIN 7
#define BASE_PROTOCOL      1
#define LAYERED_PROTOCOL   0
#define WSAPROTOCOL_LEN    255
#define FROM_PROTOCOL_INFO (-1)
#define JL_SENDER_ONLY   1
#define JL_RECEIVER_ONLY 2
#define JL_BOTH          4
#define XP1_CONNECTIONLESS        1
#define XP1_GUARANTEED_DELIVERY   2
#define XP1_GUARANTEED_ORDER      4
#define XP1_MESSAGE_ORIENTED      8
#define XP1_PSEUDO_STREAM         0x0010
#define XP1_GRACEFUL_CLOSE        0x0020
#define XP1_EXPEDITED_DATA        0x0040
#define XP1_SUPPORT_BROADCAST     0x0200
#define XP1_SUPPORT_MULTIPOINT    0x0400
#define XP1_PARTIAL_MESSAGE       0x00040000
#define XP1_IFS_HANDLES           0x00020000
#define PFL_MATCHES_PROTOCOL_ZERO 8
#define PFL_HIDDEN                4

#define FD_READ_BIT                     0
#define FD_WRITE_BIT                    1
#define FD_OOB_BIT                      2
#define FD_ACCEPT_BIT                   3
#define FD_CONNECT_BIT                  4
#define FD_CLOSE_BIT                    5
#define FD_QOS_BIT                      6
#define FD_GROUP_QOS_BIT                7
#define FD_ROUTING_INTERFACE_CHANGE_BIT 8
#define FD_ADDRESS_LIST_CHANGE_BIT      9
#define FD_READ      (1 << FD_READ_BIT)
#define FD_WRITE     (1 << FD_WRITE_BIT)
#define FD_OOB       (1 << FD_OOB_BIT)
#define FD_ACCEPT    (1 << FD_ACCEPT_BIT)
#define FD_CONNECT   (1 << FD_CONNECT_BIT)
#define FD_CLOSE     (1 << FD_CLOSE_BIT)
#define FD_QOS       (1 << FD_QOS_BIT)
#define FD_GROUP_QOS (1 << FD_GROUP_QOS_BIT)
#define FD_ROUTING_INTERFACE_CHANGE (1 << FD_ROUTING_INTERFACE_CHANGE_BIT)
#define FD_ADDRESS_LIST_CHANGE      (1 << FD_ADDRESS_LIST_CHANGE_BIT)
#define FD_MAX_EVENTS 10
#define FD_ALL_EVENTS ((1 << FD_MAX_EVENTS) - 1)

#undef _IO
#undef _IOR
#undef _IOW
#undef FIONREAD
#undef FIONBIO
#undef FIOASYNC
#undef SIOCATMARK
#define IOCPARM_MASK 0x7f
#define IOC_VOID  0x20000000
#define IOC_OUT   0x40000000
#define IOC_IN    0x80000000
#define IOC_INOUT (IOC_IN | IOC_OUT)
#define IOC_UNIX     0x00000000
#define IOC_WS2      0x08000000
#define IOC_PROTOCOL 0x10000000
#define IOC_VENDOR   0x18000000
#define IOC_WSK      (IOC_WS2 | 0x07000000)
#define _IO(x, y)     (IOC_VOID | ((x) << 8) | (y))
#define _IOR(x, y, t) (IOC_OUT | (((long)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y))
#define _IOW(x, y, t) (IOC_IN | (((long)sizeof(t) & IOCPARM_MASK) << 16) | ((x) << 8) | (y))
#define _WSAIO(x, y)   (IOC_VOID | (x) | (y))
#define _WSAIOR(x, y)  (IOC_OUT | (x) | (y))
#define _WSAIOW(x, y)  (IOC_IN | (x) | (y))
#define _WSAIORW(x, y) (IOC_INOUT | (x) | (y))
#define FIONREAD   0x4004667F
/* The code is passed as a `long`; only its low 32 bits count. */
#define FIONBIO    0x8004667E
#define FIOASYNC   0x8004667D
#define SIOCATMARK 0x40047307

#define SIO_ASSOCIATE_HANDLE                        0x88000001
#define SIO_ENABLE_CIRCULAR_QUEUEING                0x28000002
#define SIO_FIND_ROUTE                              0x48000003
#define SIO_FLUSH                                   0x28000004
#define SIO_GET_BROADCAST_ADDRESS                   0x48000005
#define SIO_GET_EXTENSION_FUNCTION_POINTER          0xC8000006
#define SIO_GET_QOS                                 0xC8000007
#define SIO_GET_GROUP_QOS                           0xC8000008
#define SIO_MULTIPOINT_LOOPBACK                     0x88000009
#define SIO_MULTICAST_SCOPE                         0x8800000A
#define SIO_SET_QOS                                 0x8800000B
#define SIO_SET_GROUP_QOS                           0x8800000C
#define SIO_TRANSLATE_HANDLE                        0xC800000D
#define SIO_ROUTING_INTERFACE_QUERY                 0xC8000014
#define SIO_ROUTING_INTERFACE_CHANGE                0x88000015
#define SIO_ADDRESS_LIST_QUERY                      0x48000016
#define SIO_ADDRESS_LIST_CHANGE                     0x28000017
#define SIO_QUERY_TARGET_PNP_HANDLE                 0x48000018
#define SIO_ADDRESS_LIST_SORT                       0xC8000019
#define SIO_RESERVED_1                              0x8800001A
#define SIO_RESERVED_2                              0x88000021
#define SIO_PRIORITY_HINT     0x98000018
#define SIO_SET_PRIORITY_HINT 0x98000018

#define SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER 0xC8000024
#define SIO_BASE_HANDLE                             0x48000022
#define SIO_BSP_HANDLE                              0x4800001B
#define SIO_BSP_HANDLE_SELECT                       0x4800001C
#define SIO_BSP_HANDLE_POLL                         0x4800001D
#define SIO_UDP_CONNRESET                           0x9800000C
#define SIO_SOCKET_CLOSE_NOTIFY                     0x9800000D
#define SIO_UDP_NETRESET                            0x9800000F
#define SIO_KEEPALIVE_VALS                          0x98000004
#define SIO_RCVALL                                  0x98000001
#define SIO_RCVALL_MCAST                            0x98000002
#define SIO_RCVALL_IGMPMCAST                        0x98000003
#define SIO_LOOPBACK_FAST_PATH                      0x98000010
#define SIO_TCP_INITIAL_RTO                         0x98000011
#define SIO_TCP_SET_ICW                             0x98000016
#define SIO_TCP_SET_ACK_FREQUENCY                   0x98000017
#define SIO_TCP_INFO                                0xD8000027
#define SIO_IDEAL_SEND_BACKLOG_QUERY                0x4004747B
#define SIO_IDEAL_SEND_BACKLOG_CHANGE               0x2000747A
#define SIO_CPU_AFFINITY                            0x98000015
#define SIO_GET_INTERFACE_LIST                      0x4004747F
#define SIO_GET_INTERFACE_LIST_EX                   0x4004747E

#define NI_NOFQDN                 1
#define NI_NUMERICHOST            2
#define NI_NAMEREQD               4
#define NI_NUMERICSERV            8
#define NI_DGRAM                  0x0010
#define AI_PASSIVE                1
#define AI_CANONNAME              2
#define AI_NUMERICHOST            4
#define AI_NUMERICSERV            8
#define AI_ALL                    0x0100
#define AI_ADDRCONFIG             0x0400
#define AI_V4MAPPED               0x0800
#define AI_NON_AUTHORITATIVE      0x4000
#define AI_SECURE                 0x8000
#define AI_RETURN_PREFERRED_NAMES 0x00010000
#define AI_FQDN                   0x00020000
#define NI_MAXHOST 1025
#define NI_MAXSERV 32

#endif
