#include "versionhelpers.h"
