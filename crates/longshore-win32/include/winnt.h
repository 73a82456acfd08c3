#ifndef LONGSHORE_FORWARD_WINNT_H
#define LONGSHORE_FORWARD_WINNT_H
#include "longshore/types.h"
#include "longshore/errors.h"
#include "longshore/exceptions.h"
#include "longshore/locks.h"
#include "longshore/interlocked.h"
#include "longshore/memory.h"
#include "longshore/files.h"
#include "longshore/threads.h"
#include "longshore/processes.h"
#include "longshore/synchronization.h"
#include "longshore/system_info.h"
#include "longshore/handles.h"
#endif
