/* glibc's <time.h>, then what a Microsoft <time.h> has besides. */
#pragma GCC system_header
#include_next <time.h>
#include <longshore/time/calendar.h>
