#include "errhandlingapi.h"
