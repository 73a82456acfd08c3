#ifndef LONGSHORE_FORWARD_SAL_H
#define LONGSHORE_FORWARD_SAL_H
#include "longshore/sal.h"
#endif
