#include "handleapi.h"
