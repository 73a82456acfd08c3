#ifndef LONGSHORE_FORWARD_GUIDDEF_H
#define LONGSHORE_FORWARD_GUIDDEF_H
#include "longshore/types.h"
#endif
