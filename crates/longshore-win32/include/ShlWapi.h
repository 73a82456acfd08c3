#include "shlwapi.h"
