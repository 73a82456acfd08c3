#include <longshore/object/security.h>
