#ifndef LONGSHORE_FORWARD_MSWSOCK_H
#define LONGSHORE_FORWARD_MSWSOCK_H
#include "winsock2.h"
#include "longshore/extension_functions.h"
#include "longshore/registered_io.h"
#endif
