#ifndef LONGSHORE_FORWARD_ERRHANDLINGAPI_H
#define LONGSHORE_FORWARD_ERRHANDLINGAPI_H
#include "longshore/errors.h"
#include "longshore/exceptions.h"
#endif
