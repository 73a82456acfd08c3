#ifndef LONGSHORE_FORWARD_PROCESSENV_H
#define LONGSHORE_FORWARD_PROCESSENV_H
#include "longshore/system_info.h"
#include "longshore/processes.h"
#include "longshore/console.h"
#include "longshore/directories.h"
#endif
