#ifndef LONGSHORE_FORWARD_PROCESSTOPOLOGYAPI_H
#define LONGSHORE_FORWARD_PROCESSTOPOLOGYAPI_H
#include "longshore/system_info.h"
#include "longshore/processes.h"
#endif
