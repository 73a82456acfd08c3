#include <longshore/socket/socket_types.h>
