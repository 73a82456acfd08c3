#include <longshore/abi/errors.h>
