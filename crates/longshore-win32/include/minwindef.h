#ifndef LONGSHORE_FORWARD_MINWINDEF_H
#define LONGSHORE_FORWARD_MINWINDEF_H
#include "longshore/types.h"
#endif
