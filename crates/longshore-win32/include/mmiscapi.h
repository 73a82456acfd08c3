#ifndef LONGSHORE_FORWARD_MMISCAPI_H
#define LONGSHORE_FORWARD_MMISCAPI_H
#include "longshore/clocks.h"
#endif
