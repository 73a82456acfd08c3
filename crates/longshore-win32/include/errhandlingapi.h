#include <longshore/abi/errors.h>
#include <longshore/system/exceptions.h>
