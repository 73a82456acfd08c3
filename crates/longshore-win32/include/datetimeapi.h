#ifndef LONGSHORE_FORWARD_DATETIMEAPI_H
#define LONGSHORE_FORWARD_DATETIMEAPI_H
#include "longshore/text.h"
#endif
