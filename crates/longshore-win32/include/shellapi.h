#ifndef LONGSHORE_FORWARD_SHELLAPI_H
#define LONGSHORE_FORWARD_SHELLAPI_H
#include "longshore/processes.h"
#include "longshore/modules.h"
#endif
