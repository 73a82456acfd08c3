/* glibc's signals and Microsoft's one more: Ctrl-Break, which is Ctrl-\ here. */
#ifndef LONGSHORE_SIGNAL_H
#define LONGSHORE_SIGNAL_H
#pragma GCC system_header
#include_next <signal.h>
#ifndef SIGBREAK
#define SIGBREAK       SIGQUIT
#endif
#ifndef SIGABRT_COMPAT
#define SIGABRT_COMPAT SIGABRT
#endif
#endif
