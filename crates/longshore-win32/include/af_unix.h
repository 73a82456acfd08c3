#include <longshore/socket/socket_types.h>
#include <longshore/socket/socket_constants.h>
