#include <longshore/socket/socket_constants.h>
#include <longshore/socket/extension_functions.h>
