/* Longshore: random numbers from the system (bcrypt.h). */
#ifndef LONGSHORE_RANDOM_NUMBERS_H
#define LONGSHORE_RANDOM_NUMBERS_H

#include "types.h"

#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x2
#define BCRYPT_SUCCESS(status)          ((NTSTATUS)(status) >= 0)
typedef PVOID BCRYPT_HANDLE, BCRYPT_ALG_HANDLE;

LONGSHORE_C_BEGIN
NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags);
LONGSHORE_C_END

#endif
