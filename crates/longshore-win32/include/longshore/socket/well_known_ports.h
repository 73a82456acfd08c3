/* Longshore: the numbers of well-known services, and the classes of IPv4 addresses. */
#ifndef LONGSHORE_WELL_KNOWN_PORTS_H
#define LONGSHORE_WELL_KNOWN_PORTS_H

#define IPPORT_TCPMUX         1
#define IPPORT_ECHO           7
#define IPPORT_DISCARD        9
#define IPPORT_SYSTAT         11
#define IPPORT_DAYTIME        13
#define IPPORT_NETSTAT        15
#define IPPORT_QOTD           17
#define IPPORT_MSP            18
#define IPPORT_CHARGEN        19
#define IPPORT_FTP_DATA       20
#define IPPORT_FTP            21
#define IPPORT_TELNET         23
#define IPPORT_SMTP           25
#define IPPORT_TIMESERVER     37
#define IPPORT_NAMESERVER     42
#define IPPORT_WHOIS          43
#define IPPORT_MTP            57
#define IPPORT_TFTP           69
#define IPPORT_RJE            77
#define IPPORT_FINGER         79
#define IPPORT_TTYLINK        87
#define IPPORT_SUPDUP         95
#define IPPORT_POP3           110
#define IPPORT_NTP            123
#define IPPORT_EPMAP          135
#define IPPORT_NETBIOS_NS     137
#define IPPORT_NETBIOS_DGM    138
#define IPPORT_NETBIOS_SSN    139
#define IPPORT_IMAP           143
#define IPPORT_SNMP           161
#define IPPORT_SNMP_TRAP      162
#define IPPORT_IMAP3          220
#define IPPORT_LDAP           389
#define IPPORT_HTTPS          443
#define IPPORT_MICROSOFT_DS   445
#define IPPORT_BIFFUDP        512
#define IPPORT_EXECSERVER     512
#define IPPORT_LOGINSERVER    513
#define IPPORT_WHOSERVER      513
#define IPPORT_CMDSERVER      514
#define IPPORT_EFSSERVER      520
#define IPPORT_ROUTESERVER    520
#define IPPORT_REGISTERED_MIN 1024
#define IPPORT_REGISTERED_MAX 49151
#define IPPORT_DYNAMIC_MIN    49152
#define IPPORT_DYNAMIC_MAX    65535

#define IN_CLASSA_NET    0xFF000000
#define IN_CLASSA_NSHIFT 24
#define IN_CLASSA_HOST   0x00FFFFFF
#define IN_CLASSA_MAX    128
#define IN_CLASSB_NET    0xFFFF0000
#define IN_CLASSB_NSHIFT 16
#define IN_CLASSB_HOST   0x0000FFFF
#define IN_CLASSB_MAX    65536
#define IN_CLASSC_NET    0xFFFFFF00
#define IN_CLASSC_NSHIFT 8
#define IN_CLASSC_HOST   0x000000FF
#define IN_CLASSD_NET    0xF0000000
#define IN_CLASSD_NSHIFT 28
#define IN_CLASSD_HOST   0x0FFFFFFF

#endif
