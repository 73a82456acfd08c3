#include <longshore/abi/sal.h>
