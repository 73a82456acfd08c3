#ifndef LONGSHORE_FORWARD_RPC_H
#define LONGSHORE_FORWARD_RPC_H
#include "longshore/component_objects.h"
#endif
