#ifndef LONGSHORE_FORWARD_FIBERSAPI_H
#define LONGSHORE_FORWARD_FIBERSAPI_H
#include "longshore/threads.h"
#endif
