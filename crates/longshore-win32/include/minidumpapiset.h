#ifndef LONGSHORE_FORWARD_MINIDUMPAPISET_H
#define LONGSHORE_FORWARD_MINIDUMPAPISET_H
#include "longshore/crash_dumps.h"
#endif
