#ifndef LONGSHORE_FORWARD_COMBASEAPI_H
#define LONGSHORE_FORWARD_COMBASEAPI_H
#include "longshore/component_objects.h"
#endif
