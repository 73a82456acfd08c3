#ifndef LONGSHORE_FORWARD_CONSOLEAPI2_H
#define LONGSHORE_FORWARD_CONSOLEAPI2_H
#include "longshore/console.h"
#endif
