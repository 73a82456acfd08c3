#ifndef LONGSHORE_FORWARD_WINSOCK2_H
#define LONGSHORE_FORWARD_WINSOCK2_H
#include "windows.h"
#include "longshore/sockets.h"
#include "longshore/winsock2_api.h"
#include "longshore/name_resolution.h"
#endif
