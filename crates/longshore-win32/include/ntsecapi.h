/* Random numbers under the name of advapi32, which exports them by a number. */
#ifndef LONGSHORE_NTSECAPI_H
#define LONGSHORE_NTSECAPI_H

#include <longshore/abi/types.h>

#ifndef RtlGenRandom
#define RtlGenRandom SystemFunction036
#endif

LONGSHORE_C_BEGIN
/* Fills a buffer with random bytes: RtlGenRandom. [ntsecapi.h SystemFunction036] */
BOOLEAN NTAPI SystemFunction036(PVOID RandomBuffer, ULONG RandomBufferLength);
LONGSHORE_C_END

#endif
