/* glibc's <locale.h>, then the names of Microsoft's locales. */
#pragma GCC system_header
#include_next <locale.h>
#include <longshore/crt/locale.h>
