#ifndef LONGSHORE_FORWARD_WINNLS_H
#define LONGSHORE_FORWARD_WINNLS_H
#include "longshore/text.h"
#endif
