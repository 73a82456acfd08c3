#ifndef LONGSHORE_FORWARD_IPHLPAPI_H
#define LONGSHORE_FORWARD_IPHLPAPI_H
#include "longshore/interfaces.h"
#endif
