#include <longshore/memory/memory.h>
