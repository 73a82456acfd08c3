#include <longshore/system/unique_identifiers.h>
