#include <longshore/object/handles.h>
