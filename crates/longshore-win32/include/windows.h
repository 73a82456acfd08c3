/* Longshore: everything but sockets; sockets too, unless WIN32_LEAN_AND_MEAN or _WINSOCKAPI_ says not. */
#ifndef LONGSHORE_FORWARD_WINDOWS_H
#define LONGSHORE_FORWARD_WINDOWS_H
#ifndef _WINDOWS_
#define _WINDOWS_
#endif

/* Programs rely on these coming along. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#if defined(__has_include)
#if __has_include("longshore/crt.h")
#include "longshore/crt.h"
#endif
#endif

#include "winsdkver.h"
#include "longshore/types.h"
#include "longshore/errors.h"
#include "longshore/exceptions.h"
#include "longshore/handles.h"
#include "longshore/synchronization.h"
#include "longshore/locks.h"
#include "longshore/interlocked.h"
#include "longshore/threads.h"
#include "longshore/processes.h"
#include "longshore/thread_pool.h"
#include "longshore/overlapped.h"
#include "longshore/ports.h"
#include "longshore/files.h"
#include "longshore/directories.h"
#include "longshore/pipes.h"
#include "longshore/memory.h"
#include "longshore/text.h"
#include "longshore/console.h"
#include "longshore/serial_ports.h"
#include "longshore/clocks.h"
#include "longshore/arithmetic.h"
#include "longshore/system_info.h"
#include "longshore/modules.h"
#include "longshore/registry.h"
#ifndef NOVIRTUALKEYCODES
#include "longshore/keyboard.h"
#endif
#ifndef NOSERVICE
#include "longshore/services.h"
#endif

#ifndef WIN32_LEAN_AND_MEAN
#include "longshore/device_control.h"
#ifndef _WINSOCKAPI_
#include "longshore/sockets.h"
#include "longshore/winsock2_api.h"
#include "longshore/name_resolution.h"
#endif
#include "longshore/component_objects.h"
#include "longshore/random_numbers.h"
#endif
#endif
