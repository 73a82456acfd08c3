#ifndef LONGSHORE_FORWARD_NAMEDPIPEAPI_H
#define LONGSHORE_FORWARD_NAMEDPIPEAPI_H
#include "longshore/pipes.h"
#endif
