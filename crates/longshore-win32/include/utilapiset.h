#ifndef LONGSHORE_FORWARD_UTILAPISET_H
#define LONGSHORE_FORWARD_UTILAPISET_H
#include "longshore/modules.h"
#endif
