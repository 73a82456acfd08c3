#ifndef LONGSHORE_FORWARD_INTERLOCKEDAPI_H
#define LONGSHORE_FORWARD_INTERLOCKEDAPI_H
#include "longshore/interlocked.h"
#endif
