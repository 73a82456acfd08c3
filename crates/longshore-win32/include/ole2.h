#include <longshore/absent/component_objects.h>
