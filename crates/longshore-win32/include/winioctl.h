#ifndef LONGSHORE_FORWARD_WINIOCTL_H
#define LONGSHORE_FORWARD_WINIOCTL_H
#include "longshore/device_control.h"
#endif
