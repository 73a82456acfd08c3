#ifndef LONGSHORE_FORWARD_IFDEF_H
#define LONGSHORE_FORWARD_IFDEF_H
#include "longshore/interfaces.h"
#endif
