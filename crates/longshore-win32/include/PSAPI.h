#include "psapi.h"
