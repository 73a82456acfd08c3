#include <longshore/abi/types.h>
