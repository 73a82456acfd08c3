#ifndef LONGSHORE_FORWARD_MINWINBASE_H
#define LONGSHORE_FORWARD_MINWINBASE_H
#include "longshore/overlapped.h"
#include "longshore/locks.h"
#include "longshore/directories.h"
#include "longshore/threads.h"
#endif
