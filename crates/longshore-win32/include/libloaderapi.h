#ifndef LONGSHORE_FORWARD_LIBLOADERAPI_H
#define LONGSHORE_FORWARD_LIBLOADERAPI_H
#include "longshore/modules.h"
#endif
