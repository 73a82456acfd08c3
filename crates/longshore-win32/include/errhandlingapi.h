#include <longshore/abi/errors.h>
#include <longshore/exception/exceptions.h>
