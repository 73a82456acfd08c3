/* Longshore: everything but sockets; sockets too, unless WIN32_LEAN_AND_MEAN or _WINSOCKAPI_
   says not. */
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
#include <longshore/crt/all.h>

#include "winsdkver.h"
#include <longshore/abi/types.h>
#include <longshore/abi/errors.h>
#include <longshore/exception/exceptions.h>
#include <longshore/object/handles.h>
#include <longshore/object/security.h>
#include <longshore/object/synchronization.h>
#include <longshore/lock/locks.h>
#include <longshore/lock/interlocked.h>
#include <longshore/thread/threads.h>
#include <longshore/system/processes.h>
#include <longshore/pool/thread_pool.h>
#include <longshore/port/overlapped.h>
#include <longshore/port/ports.h>
#include <longshore/file/files.h>
#include <longshore/file/old_files.h>
#include <longshore/directory/directories.h>
#include <longshore/file/pipes.h>
#include <longshore/memory/memory.h>
#include <longshore/strings/text.h>
#include <longshore/console/console.h>
#include <longshore/device/serial_ports.h>
#include <longshore/time/clocks.h>
#include <longshore/system/arithmetic.h>
#include <longshore/system/system_info.h>
#include <longshore/system/modules.h>
#include <longshore/absent/registry.h>
#ifndef NOVIRTUALKEYCODES
#include <longshore/console/keyboard.h>
#endif
#ifndef NOSERVICE
#include <longshore/absent/services.h>
#endif

#ifndef WIN32_LEAN_AND_MEAN
#include <longshore/device/device_control.h>
#ifndef _WINSOCKAPI_
#include <longshore/socket/sockets.h>
#include <longshore/socket/winsock2_api.h>
#include <longshore/resolve/name_resolution.h>
#endif
#include <longshore/absent/component_objects.h>
#include <longshore/system/random_numbers.h>
#endif
#endif
