#ifndef LONGSHORE_FORWARD_MMSYSTEM_H
#define LONGSHORE_FORWARD_MMSYSTEM_H
#include "longshore/clocks.h"
#endif
