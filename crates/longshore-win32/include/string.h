/* glibc's <string.h>, then what a Microsoft <string.h> has besides. */
#pragma GCC system_header
#include_next <string.h>
#include <longshore/crt/text/string.h>
