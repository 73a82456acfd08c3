#ifndef LONGSHORE_FORWARD_SYNCHAPI_H
#define LONGSHORE_FORWARD_SYNCHAPI_H
#include "longshore/synchronization.h"
#include "longshore/locks.h"
#endif
