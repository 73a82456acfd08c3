#ifndef LONGSHORE_FORWARD_PSAPI_H
#define LONGSHORE_FORWARD_PSAPI_H
#include "longshore/process_status.h"
#endif
