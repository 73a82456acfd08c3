#ifndef LONGSHORE_FORWARD_WINREG_H
#define LONGSHORE_FORWARD_WINREG_H
#include "longshore/registry.h"
#endif
