#ifndef LONGSHORE_FORWARD_HANDLEAPI_H
#define LONGSHORE_FORWARD_HANDLEAPI_H
#include "longshore/handles.h"
#endif
