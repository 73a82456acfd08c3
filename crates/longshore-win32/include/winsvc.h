#include <longshore/absent/services.h>
