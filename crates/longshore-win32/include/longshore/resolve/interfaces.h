/* Longshore: network interfaces (iphlpapi.h), at the level that address listings need. */
#ifndef LONGSHORE_INTERFACES_H
#define LONGSHORE_INTERFACES_H

#include <longshore/socket/winsock2_api.h>

typedef ULONG NET_IFINDEX, IF_INDEX, NET_IF_COMPARTMENT_ID, IFTYPE;
typedef union _NET_LUID_LH { ULONG64 Value; } NET_LUID, *PNET_LUID, IF_LUID;
#define MAX_ADAPTER_DESCRIPTION_LENGTH 128
#define MAX_ADAPTER_NAME_LENGTH        256
#define MAX_ADAPTER_ADDRESS_LENGTH     8
#define IF_TYPE_ETHERNET_CSMACD        6
#define IF_TYPE_SOFTWARE_LOOPBACK      24
#define IF_TYPE_IEEE80211              71
#define MIB_IF_TYPE_ETHERNET           6
#define MIB_IF_TYPE_LOOPBACK           24
#define GAA_FLAG_SKIP_UNICAST       1
#define GAA_FLAG_SKIP_ANYCAST       2
#define GAA_FLAG_SKIP_MULTICAST     4
#define GAA_FLAG_SKIP_DNS_SERVER    8
#define GAA_FLAG_INCLUDE_PREFIX     0x0010
#define GAA_FLAG_SKIP_FRIENDLY_NAME 0x0020
#define GAA_FLAG_INCLUDE_GATEWAYS   0x0080

typedef enum {
    IfOperStatusUp = 1,
    IfOperStatusDown,
    IfOperStatusTesting,
    IfOperStatusUnknown,
    IfOperStatusDormant,
    IfOperStatusNotPresent,
    IfOperStatusLowerLayerDown
} IF_OPER_STATUS;

typedef struct {
    char String[4 * 4];
} IP_ADDRESS_STRING, *PIP_ADDRESS_STRING, IP_MASK_STRING, *PIP_MASK_STRING;
typedef struct _IP_ADDR_STRING {
    struct _IP_ADDR_STRING *Next;
    IP_ADDRESS_STRING       IpAddress;
    IP_MASK_STRING          IpMask;
    DWORD                   Context;
} IP_ADDR_STRING, *PIP_ADDR_STRING;
typedef struct _IP_ADAPTER_INFO {
    struct _IP_ADAPTER_INFO *Next;
    DWORD           ComboIndex;
    char            AdapterName[MAX_ADAPTER_NAME_LENGTH + 4];
    char            Description[MAX_ADAPTER_DESCRIPTION_LENGTH + 4];
    UINT            AddressLength;
    BYTE            Address[MAX_ADAPTER_ADDRESS_LENGTH];
    DWORD           Index;
    UINT            Type;
    UINT            DhcpEnabled;
    PIP_ADDR_STRING CurrentIpAddress;
    IP_ADDR_STRING  IpAddressList, GatewayList, DhcpServer;
    BOOL            HaveWins;
    IP_ADDR_STRING  PrimaryWinsServer, SecondaryWinsServer;
    long long       LeaseObtained, LeaseExpires;
} IP_ADAPTER_INFO, *PIP_ADAPTER_INFO;

LONGSHORE_C_BEGIN
/* Lists network adapters. [iphlpapi.h GetAdaptersInfo] */
LONGSHORE_ABSENT(GetAdaptersInfo)
ULONG WINAPI GetAdaptersInfo(PIP_ADAPTER_INFO AdapterInfo, PULONG SizePointer);
/* Counts network interfaces. [iphlpapi.h GetNumberOfInterfaces] */
LONGSHORE_ABSENT(GetNumberOfInterfaces)
DWORD WINAPI GetNumberOfInterfaces(PDWORD pdwNumIf);
/* Finds the interface that leads to an address. [iphlpapi.h GetBestInterface] */
LONGSHORE_ABSENT(GetBestInterface)
DWORD WINAPI GetBestInterface(u_int dwDestAddr, PDWORD pdwBestIfIndex);
/* glibc's own, which have Windows' meaning. */
/* Gives the number of a network interface. [netioapi.h if_nametoindex] */
unsigned int if_nametoindex(const char *InterfaceName);
/* Gives the name of a network interface. [netioapi.h if_indextoname] */
char *if_indextoname(unsigned int InterfaceIndex, char *InterfaceName);
LONGSHORE_C_END

#endif
