#ifndef LONGSHORE_FORWARD_OBJBASE_H
#define LONGSHORE_FORWARD_OBJBASE_H
#include "longshore/component_objects.h"
#endif
