#ifndef LONGSHORE_FORWARD_IN6ADDR_H
#define LONGSHORE_FORWARD_IN6ADDR_H
#include "longshore/socket_types.h"
#endif
