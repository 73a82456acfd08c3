#ifndef LONGSHORE_FORWARD_DBGHELP_H
#define LONGSHORE_FORWARD_DBGHELP_H
#include "longshore/crash_dumps.h"
#endif
