/* _beginthreadex and its family, _getpid, the environment and other programs. */
#ifndef LONGSHORE_PROCESS_H
#define LONGSHORE_PROCESS_H
#pragma GCC system_header

#include <longshore/crt/process.h>
#include <stdlib.h>
#include <unistd.h>

#endif
