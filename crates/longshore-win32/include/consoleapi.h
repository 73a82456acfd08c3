#include <longshore/console/console.h>
