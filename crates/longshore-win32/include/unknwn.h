#ifndef LONGSHORE_FORWARD_UNKNWN_H
#define LONGSHORE_FORWARD_UNKNWN_H
#include "longshore/component_objects.h"
#endif
