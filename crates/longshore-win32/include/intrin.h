#include <longshore/abi/intrinsics.h>
