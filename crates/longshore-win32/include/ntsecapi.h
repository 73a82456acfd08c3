#ifndef LONGSHORE_FORWARD_NTSECAPI_H
#define LONGSHORE_FORWARD_NTSECAPI_H
#include "longshore/random_numbers.h"
#endif
