#include <longshore/socket/socket_constants.h>
#include <longshore/socket/winsock2_api.h>
