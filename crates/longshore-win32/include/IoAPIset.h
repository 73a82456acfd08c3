#include "ioapiset.h"
