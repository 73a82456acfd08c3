#ifndef LONGSHORE_FORWARD_WINUSER_H
#define LONGSHORE_FORWARD_WINUSER_H
#include "longshore/keyboard.h"
#include "longshore/modules.h"
#include "longshore/synchronization.h"
#include "longshore/text.h"
#endif
