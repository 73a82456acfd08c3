#ifndef LONGSHORE_FORWARD_PROCESSTHREADS_H
#define LONGSHORE_FORWARD_PROCESSTHREADS_H
#include "longshore/threads.h"
#include "longshore/processes.h"
#endif
