#include <longshore/system/native.h>
