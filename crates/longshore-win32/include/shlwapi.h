#ifndef LONGSHORE_FORWARD_SHLWAPI_H
#define LONGSHORE_FORWARD_SHLWAPI_H
#include "longshore/path_names.h"
#endif
