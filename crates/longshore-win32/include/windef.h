#ifndef LONGSHORE_FORWARD_WINDEF_H
#define LONGSHORE_FORWARD_WINDEF_H
#include "longshore/types.h"
#endif
