#include "sysinfoapi.h"
