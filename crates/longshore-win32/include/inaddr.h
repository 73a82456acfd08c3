#ifndef LONGSHORE_FORWARD_INADDR_H
#define LONGSHORE_FORWARD_INADDR_H
#include "longshore/socket_types.h"
#endif
