#ifndef LONGSHORE_FORWARD_LMCONS_H
#define LONGSHORE_FORWARD_LMCONS_H
#include "longshore/system_info.h"
#endif
