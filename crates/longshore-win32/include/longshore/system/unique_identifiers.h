/* Longshore: universally unique identifiers (rpc.h, rpcdce.h, objbase.h). */
#ifndef LONGSHORE_UNIQUE_IDENTIFIERS_H
#define LONGSHORE_UNIQUE_IDENTIFIERS_H

#include <longshore/abi/errors.h>

#define RPC_ENTRY     __stdcall
#define RPC_VAR_ENTRY __cdecl
#define RPC_S_OK      ERROR_SUCCESS
typedef LONG RPC_STATUS;
typedef unsigned char *RPC_CSTR;
typedef WCHAR *RPC_WSTR;
typedef const WCHAR *RPC_CWSTR;

LONGSHORE_C_BEGIN
/* Makes a unique identifier. [combaseapi.h CoCreateGuid] */
HRESULT WINAPI CoCreateGuid(GUID *pguid);
/* Writes an identifier in braces; 0 if it does not fit. [combaseapi.h StringFromGUID2] */
int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax);
/* Makes a unique identifier. [rpcdce.h UuidCreate] */
RPC_STATUS RPC_ENTRY UuidCreate(UUID *Uuid);
/* Makes a unique identifier: a random one. [rpcdce.h UuidCreateSequential] */
RPC_STATUS RPC_ENTRY UuidCreateSequential(UUID *Uuid);
/* Writes an identifier; RpcStringFree frees the text. [rpcdce.h UuidToStringA/W] */
RPC_STATUS RPC_ENTRY UuidToStringA(const UUID *Uuid, RPC_CSTR *StringUuid);
RPC_STATUS RPC_ENTRY UuidToStringW(const UUID *Uuid, RPC_WSTR *StringUuid);
/* Reads an identifier. [rpcdce.h UuidFromStringA/W] */
RPC_STATUS RPC_ENTRY UuidFromStringA(RPC_CSTR StringUuid, UUID *Uuid);
RPC_STATUS RPC_ENTRY UuidFromStringW(RPC_WSTR StringUuid, UUID *Uuid);
/* Frees a text of UuidToString. [rpcdce.h RpcStringFreeA/W] */
RPC_STATUS RPC_ENTRY RpcStringFreeA(RPC_CSTR *String);
RPC_STATUS RPC_ENTRY RpcStringFreeW(RPC_WSTR *String);
LONGSHORE_C_END

#ifdef UNICODE
typedef RPC_WSTR RPC_TSTR;
#else
typedef RPC_CSTR RPC_TSTR;
#endif
#define UuidToString   LONGSHORE_AW(UuidToString)
#define UuidFromString LONGSHORE_AW(UuidFromString)
#define RpcStringFree  LONGSHORE_AW(RpcStringFree)

#endif
