#include <longshore/device/device_control.h>
