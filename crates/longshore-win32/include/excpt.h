#include <longshore/exception/exceptions.h>
