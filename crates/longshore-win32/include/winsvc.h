#ifndef LONGSHORE_FORWARD_WINSVC_H
#define LONGSHORE_FORWARD_WINSVC_H
#include "longshore/services.h"
#endif
