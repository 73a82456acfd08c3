#include "shellapi.h"
