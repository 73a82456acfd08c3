#ifndef LONGSHORE_FORWARD_IOAPISET_H
#define LONGSHORE_FORWARD_IOAPISET_H
#include "longshore/ports.h"
#include "longshore/files.h"
#endif
