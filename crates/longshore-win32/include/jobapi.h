#ifndef LONGSHORE_FORWARD_JOBAPI_H
#define LONGSHORE_FORWARD_JOBAPI_H
#include "longshore/processes.h"
#endif
