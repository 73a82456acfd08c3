#ifndef LONGSHORE_FORWARD_WINERROR_H
#define LONGSHORE_FORWARD_WINERROR_H
#include "longshore/errors.h"
#endif
