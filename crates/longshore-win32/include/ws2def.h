#ifndef LONGSHORE_FORWARD_WS2DEF_H
#define LONGSHORE_FORWARD_WS2DEF_H
#include "longshore/socket_constants.h"
#include "longshore/winsock2_api.h"
#endif
