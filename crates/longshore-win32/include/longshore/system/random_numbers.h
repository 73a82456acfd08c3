/* Longshore: random numbers from the system, by their doors (bcrypt.h, wincrypt.h; a third is in
   ntsecapi.h). */
#ifndef LONGSHORE_RANDOM_NUMBERS_H
#define LONGSHORE_RANDOM_NUMBERS_H

#include <longshore/abi/types.h>

#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x2
#define BCRYPT_SUCCESS(status)          ((NTSTATUS)(status) >= 0)
typedef PVOID BCRYPT_HANDLE, BCRYPT_ALG_HANDLE;

#define PROV_RSA_FULL        1
#define PROV_RSA_SIG         2
#define PROV_DSS             3
#define PROV_RSA_SCHANNEL    12
#define PROV_RNG             0x15
#define PROV_RSA_AES         0x18
#define CRYPT_NEWKEYSET      8
#define CRYPT_DELETEKEYSET   0x10
#define CRYPT_MACHINE_KEYSET 0x20
#define CRYPT_SILENT         0x40
#define CRYPT_VERIFYCONTEXT  0xF0000000
typedef ULONG_PTR HCRYPTPROV;

LONGSHORE_C_BEGIN
/* Fills a buffer with random bytes; gives an NTSTATUS. [bcrypt.h BCryptGenRandom] */
NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer,
    ULONG dwFlags);
/* Opens a cryptographic provider, for random numbers. [wincrypt.h CryptAcquireContextA/W] */
BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *phProv, LPCSTR szContainer, LPCSTR szProvider,
    DWORD dwProvType, DWORD dwFlags);
BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider,
    DWORD dwProvType, DWORD dwFlags);
/* Fills a buffer with random bytes. [wincrypt.h CryptGenRandom] */
BOOL WINAPI CryptGenRandom(HCRYPTPROV hProv, DWORD dwLen, BYTE *pbBuffer);
/* Closes a provider. [wincrypt.h CryptReleaseContext] */
BOOL WINAPI CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags);
LONGSHORE_C_END

#define CryptAcquireContext LONGSHORE_AW(CryptAcquireContext)

#endif
