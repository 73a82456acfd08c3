#ifndef LONGSHORE_FORWARD_WINSOCK_H
#define LONGSHORE_FORWARD_WINSOCK_H
#include "winsock2.h"
#endif
