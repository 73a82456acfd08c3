#ifndef LONGSHORE_FORWARD_TIMEAPI_H
#define LONGSHORE_FORWARD_TIMEAPI_H
#include "longshore/clocks.h"
#endif
