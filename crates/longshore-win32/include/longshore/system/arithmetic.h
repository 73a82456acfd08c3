/* Longshore: arithmetic with a wider intermediate result. */
#ifndef LONGSHORE_ARITHMETIC_H
#define LONGSHORE_ARITHMETIC_H

#include <longshore/abi/types.h>

LONGSHORE_C_BEGIN
/* Multiplies and divides, rounded; -1 if the result does not fit. [winbase.h MulDiv] */
int WINAPI MulDiv(int nNumber, int nNumerator, int nDenominator);
LONGSHORE_C_END

#endif
