/*
 * StringCch and StringCb: strings that are always terminated, with an HRESULT for what did not fit.
 * Cutting keeps what fits and answers STRSAFE_E_INSUFFICIENT_BUFFER.
 */
#ifndef LONGSHORE_STRSAFE_H
#define LONGSHORE_STRSAFE_H
#pragma GCC system_header

#include <longshore/crt/stdio/stdio.h>
#include <longshore/crt/text/string.h>
#include <longshore/crt/stdio/wide_stdio.h>
#include <longshore/abi/types.h>

#ifndef STRSAFE_MAX_CCH
#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_MAX_LENGTH (STRSAFE_MAX_CCH - 1)
#endif
#ifndef S_OK
#define S_OK ((HRESULT)0L)
#endif
#ifndef SUCCEEDED
#define SUCCEEDED(hr) (((HRESULT)(hr)) >= 0)
#define FAILED(hr) (((HRESULT)(hr)) < 0)
#endif
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFEAPI LONGSHORE_INLINE HRESULT
typedef char *STRSAFE_LPSTR;
typedef const char *STRSAFE_LPCSTR;
typedef wchar_t *STRSAFE_LPWSTR;
typedef const wchar_t *STRSAFE_LPCWSTR;

LONGSHORE_BEGIN

#define LONGSHORE_CHAR char
#define LONGSHORE_SAFE(name) String##name##A
#define LONGSHORE_OWN(name) longshore_safe_##name##_a
#define LONGSHORE_NLEN strnlen_s
#define LONGSHORE_VFORMAT longshore_vformat_a
#include <longshore/crt/text/strsafe.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_SAFE
#undef LONGSHORE_OWN
#undef LONGSHORE_NLEN
#undef LONGSHORE_VFORMAT

#define LONGSHORE_CHAR wchar_t
#define LONGSHORE_SAFE(name) String##name##W
#define LONGSHORE_OWN(name) longshore_safe_##name##_w
#define LONGSHORE_NLEN wcsnlen_s
#define LONGSHORE_VFORMAT longshore_vformat_w
#include <longshore/crt/text/strsafe.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_SAFE
#undef LONGSHORE_OWN
#undef LONGSHORE_NLEN
#undef LONGSHORE_VFORMAT

LONGSHORE_END

#ifdef UNICODE
#define LONGSHORE_SAFE_T(name) String##name##W
#else
#define LONGSHORE_SAFE_T(name) String##name##A
#endif
#define StringCchCopy LONGSHORE_SAFE_T(CchCopy)
#define StringCchCopyN LONGSHORE_SAFE_T(CchCopyN)
#define StringCchCat LONGSHORE_SAFE_T(CchCat)
#define StringCchCatN LONGSHORE_SAFE_T(CchCatN)
#define StringCchPrintf LONGSHORE_SAFE_T(CchPrintf)
#define StringCchVPrintf LONGSHORE_SAFE_T(CchVPrintf)
#define StringCchPrintfEx LONGSHORE_SAFE_T(CchPrintfEx)
#define StringCchCopyEx LONGSHORE_SAFE_T(CchCopyEx)
#define StringCchCatEx LONGSHORE_SAFE_T(CchCatEx)
#define StringCchLength LONGSHORE_SAFE_T(CchLength)
#define StringCbCopy LONGSHORE_SAFE_T(CbCopy)
#define StringCbCopyN LONGSHORE_SAFE_T(CbCopyN)
#define StringCbCat LONGSHORE_SAFE_T(CbCat)
#define StringCbCatN LONGSHORE_SAFE_T(CbCatN)
#define StringCbPrintf LONGSHORE_SAFE_T(CbPrintf)
#define StringCbVPrintf LONGSHORE_SAFE_T(CbVPrintf)
#define StringCbLength LONGSHORE_SAFE_T(CbLength)

#endif
