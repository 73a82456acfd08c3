#ifndef LONGSHORE_FORWARD_CONSOLEAPI3_H
#define LONGSHORE_FORWARD_CONSOLEAPI3_H
#include "longshore/console.h"
#endif
