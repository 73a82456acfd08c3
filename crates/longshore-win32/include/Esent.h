#include "esent.h"
