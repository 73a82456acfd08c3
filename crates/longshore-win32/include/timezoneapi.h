#ifndef LONGSHORE_FORWARD_TIMEZONEAPI_H
#define LONGSHORE_FORWARD_TIMEZONEAPI_H
#include "longshore/clocks.h"
#endif
