#ifndef LONGSHORE_FORWARD_WTYPESBASE_H
#define LONGSHORE_FORWARD_WTYPESBASE_H
#include "longshore/types.h"
#endif
