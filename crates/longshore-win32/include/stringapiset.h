#ifndef LONGSHORE_FORWARD_STRINGAPISET_H
#define LONGSHORE_FORWARD_STRINGAPISET_H
#include "longshore/text.h"
#endif
