#include "winsock2.h"
#include <longshore/socket/extension_functions.h>
#include <longshore/socket/registered_io.h>
