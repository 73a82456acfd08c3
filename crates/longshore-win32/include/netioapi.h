#ifndef LONGSHORE_FORWARD_NETIOAPI_H
#define LONGSHORE_FORWARD_NETIOAPI_H
#include "longshore/interfaces.h"
#endif
