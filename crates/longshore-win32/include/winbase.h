#ifndef LONGSHORE_FORWARD_WINBASE_H
#define LONGSHORE_FORWARD_WINBASE_H
#include "windows.h"
#endif
