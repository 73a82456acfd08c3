#ifndef LONGSHORE_FORWARD_WSPIAPI_H
#define LONGSHORE_FORWARD_WSPIAPI_H
#include "ws2tcpip.h"
#endif
