/* <string.h> under its old name. */
#pragma GCC system_header
#include <string.h>
