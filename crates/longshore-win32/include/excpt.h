#include <longshore/system/exceptions.h>
