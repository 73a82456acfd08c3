#include "ntsecapi.h"
