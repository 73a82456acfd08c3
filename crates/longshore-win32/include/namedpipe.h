#ifndef LONGSHORE_FORWARD_NAMEDPIPE_H
#define LONGSHORE_FORWARD_NAMEDPIPE_H
#include "longshore/pipes.h"
#endif
