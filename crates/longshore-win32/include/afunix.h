#ifndef LONGSHORE_FORWARD_AFUNIX_H
#define LONGSHORE_FORWARD_AFUNIX_H
#include "longshore/socket_types.h"
#include "longshore/socket_constants.h"
#endif
