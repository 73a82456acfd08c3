#include "windows.h"
#include <longshore/socket/sockets.h>
#include <longshore/socket/winsock2_api.h>
#include <longshore/resolve/name_resolution.h>
