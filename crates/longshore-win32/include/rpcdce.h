#ifndef LONGSHORE_FORWARD_RPCDCE_H
#define LONGSHORE_FORWARD_RPCDCE_H
#include "longshore/unique_identifiers.h"
#endif
