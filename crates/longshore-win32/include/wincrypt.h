#ifndef LONGSHORE_FORWARD_WINCRYPT_H
#define LONGSHORE_FORWARD_WINCRYPT_H
#include "longshore/random_numbers.h"
#endif
