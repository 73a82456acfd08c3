#include "dbghelp.h"
