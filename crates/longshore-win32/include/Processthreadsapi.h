#include "processthreadsapi.h"
