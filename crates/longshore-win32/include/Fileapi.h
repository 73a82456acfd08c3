#include "fileapi.h"
