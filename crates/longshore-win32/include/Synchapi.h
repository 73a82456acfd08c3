#include "synchapi.h"
