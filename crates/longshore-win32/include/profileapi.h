#ifndef LONGSHORE_FORWARD_PROFILEAPI_H
#define LONGSHORE_FORWARD_PROFILEAPI_H
#include "longshore/clocks.h"
#endif
