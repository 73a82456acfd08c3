#ifndef LONGSHORE_FORWARD_TLHELP32_H
#define LONGSHORE_FORWARD_TLHELP32_H
#include "longshore/process_status.h"
#endif
