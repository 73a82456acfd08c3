/* Longshore: the crumbs of COM that portable servers touch. There are no objects behind them. */
#ifndef LONGSHORE_COMPONENT_OBJECTS_H
#define LONGSHORE_COMPONENT_OBJECTS_H

#include "types.h"
#include "errors.h"

typedef unsigned char byte;
typedef unsigned char boolean;
typedef long long hyper;
#define interface struct
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDAPI EXTERN_C HRESULT STDAPICALLTYPE
#define COINIT_APARTMENTTHREADED 2
#define COINIT_MULTITHREADED     0
#define COINIT_DISABLE_OLE1DDE   4
typedef LONG RPC_STATUS;
#define RPC_ENTRY __stdcall

LONGSHORE_C_BEGIN
HRESULT WINAPI CoInitialize(LPVOID pvReserved);
HRESULT WINAPI CoInitializeEx(LPVOID pvReserved, DWORD dwCoInit);
VOID WINAPI CoUninitialize(VOID);
HRESULT WINAPI CoCreateGuid(GUID *pguid);
LPVOID WINAPI CoTaskMemAlloc(SIZE_T cb);
LPVOID WINAPI CoTaskMemRealloc(LPVOID pv, SIZE_T cb);
VOID WINAPI CoTaskMemFree(LPVOID pv);
int WINAPI StringFromGUID2(REFGUID rguid, LPOLESTR lpsz, int cchMax);
RPC_STATUS RPC_ENTRY UuidCreate(UUID *Uuid);
LONGSHORE_C_END

#endif
