#ifndef LONGSHORE_FORWARD_WS2IPDEF_H
#define LONGSHORE_FORWARD_WS2IPDEF_H
#include "longshore/socket_constants.h"
#include "longshore/extension_functions.h"
#endif
