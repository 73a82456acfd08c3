#ifndef LONGSHORE_FORWARD_OLE2_H
#define LONGSHORE_FORWARD_OLE2_H
#include "longshore/component_objects.h"
#endif
