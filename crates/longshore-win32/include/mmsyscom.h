#ifndef LONGSHORE_FORWARD_MMSYSCOM_H
#define LONGSHORE_FORWARD_MMSYSCOM_H
#include "longshore/clocks.h"
#endif
