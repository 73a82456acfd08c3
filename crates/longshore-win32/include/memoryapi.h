#ifndef LONGSHORE_FORWARD_MEMORYAPI_H
#define LONGSHORE_FORWARD_MEMORYAPI_H
#include "longshore/memory.h"
#endif
