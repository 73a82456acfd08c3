#ifndef LONGSHORE_FORWARD_BCRYPT_H
#define LONGSHORE_FORWARD_BCRYPT_H
#include "longshore/random_numbers.h"
#endif
