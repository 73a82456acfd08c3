#ifndef LONGSHORE_FORWARD_BASETSD_H
#define LONGSHORE_FORWARD_BASETSD_H
#include "longshore/types.h"
#endif
