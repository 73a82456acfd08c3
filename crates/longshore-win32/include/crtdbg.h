#include <longshore/crt/debug.h>
