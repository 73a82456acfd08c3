#ifndef LONGSHORE_FORWARD_PROCESSTHREADSAPI_H
#define LONGSHORE_FORWARD_PROCESSTHREADSAPI_H
#include "longshore/threads.h"
#include "longshore/processes.h"
#endif
