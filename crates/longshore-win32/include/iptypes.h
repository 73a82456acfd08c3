#ifndef LONGSHORE_FORWARD_IPTYPES_H
#define LONGSHORE_FORWARD_IPTYPES_H
#include "longshore/interfaces.h"
#endif
