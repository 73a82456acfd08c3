#ifndef LONGSHORE_FORWARD_RPCDCE_H
#define LONGSHORE_FORWARD_RPCDCE_H
#include "longshore/component_objects.h"
#endif
