#include <longshore/abi/windows_version.h>
