#ifndef LONGSHORE_FORWARD_THREADPOOLAPISET_H
#define LONGSHORE_FORWARD_THREADPOOLAPISET_H
#include "longshore/thread_pool.h"
#endif
