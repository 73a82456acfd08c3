#include "windows.h"
#include <longshore/directory/known_folders.h>
