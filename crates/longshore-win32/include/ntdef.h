#ifndef LONGSHORE_FORWARD_NTDEF_H
#define LONGSHORE_FORWARD_NTDEF_H
#include "longshore/types.h"
#endif
