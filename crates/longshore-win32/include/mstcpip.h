#ifndef LONGSHORE_FORWARD_MSTCPIP_H
#define LONGSHORE_FORWARD_MSTCPIP_H
#include "winsock2.h"
#include "longshore/extension_functions.h"
#endif
