#include "winsdkver.h"
