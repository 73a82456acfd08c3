#ifndef LONGSHORE_FORWARD_SYSINFOAPI_H
#define LONGSHORE_FORWARD_SYSINFOAPI_H
#include "longshore/system_info.h"
#include "longshore/clocks.h"
#endif
