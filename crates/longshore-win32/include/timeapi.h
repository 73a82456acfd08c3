#include <longshore/time/clocks.h>
