#ifndef LONGSHORE_FORWARD_SDKDDKVER_H
#define LONGSHORE_FORWARD_SDKDDKVER_H
#include "winsdkver.h"
#endif
