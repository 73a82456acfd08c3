#ifndef LONGSHORE_FORWARD_WS2TCPIP_H
#define LONGSHORE_FORWARD_WS2TCPIP_H
#include "winsock2.h"
#include "longshore/extension_functions.h"
#endif
