#ifndef LONGSHORE_FORWARD_HEAPAPI_H
#define LONGSHORE_FORWARD_HEAPAPI_H
#include "longshore/memory.h"
#endif
