#ifndef LONGSHORE_FORWARD_CONSOLEAPI_H
#define LONGSHORE_FORWARD_CONSOLEAPI_H
#include "longshore/console.h"
#endif
