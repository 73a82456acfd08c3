#ifndef LONGSHORE_FORWARD_WTYPES_H
#define LONGSHORE_FORWARD_WTYPES_H
#include "longshore/types.h"
#endif
