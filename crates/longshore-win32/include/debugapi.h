#ifndef LONGSHORE_FORWARD_DEBUGAPI_H
#define LONGSHORE_FORWARD_DEBUGAPI_H
#include "longshore/modules.h"
#endif
