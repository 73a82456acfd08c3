#ifndef LONGSHORE_FORWARD_EXCPT_H
#define LONGSHORE_FORWARD_EXCPT_H
#include "longshore/exceptions.h"
#endif
