#ifndef LONGSHORE_FORWARD_WINCON_H
#define LONGSHORE_FORWARD_WINCON_H
#include "longshore/console.h"
#endif
