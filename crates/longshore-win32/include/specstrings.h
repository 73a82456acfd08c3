#ifndef LONGSHORE_FORWARD_SPECSTRINGS_H
#define LONGSHORE_FORWARD_SPECSTRINGS_H
#include "longshore/sal.h"
#endif
