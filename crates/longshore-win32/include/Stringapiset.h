#include "stringapiset.h"
