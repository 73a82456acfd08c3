/* glibc's <sys/stat.h>, then struct _stat and _stat, _wstat, _fstat. */
#pragma GCC system_header
#include_next <sys/stat.h>
#include <longshore/crt/files/stat.h>
