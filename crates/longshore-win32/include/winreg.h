#include <longshore/absent/registry.h>
