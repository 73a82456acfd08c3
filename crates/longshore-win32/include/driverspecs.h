#ifndef LONGSHORE_FORWARD_DRIVERSPECS_H
#define LONGSHORE_FORWARD_DRIVERSPECS_H
#include "longshore/sal.h"
#endif
