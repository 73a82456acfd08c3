#ifndef LONGSHORE_FORWARD_AF_UNIX_H
#define LONGSHORE_FORWARD_AF_UNIX_H
#include "longshore/socket_types.h"
#include "longshore/socket_constants.h"
#endif
