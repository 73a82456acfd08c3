#include <longshore/resolve/interfaces.h>
