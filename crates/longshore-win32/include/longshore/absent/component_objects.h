/* Longshore: the crumbs of COM that portable servers touch. There are no objects behind them. */
#ifndef LONGSHORE_COMPONENT_OBJECTS_H
#define LONGSHORE_COMPONENT_OBJECTS_H

#include <longshore/abi/types.h>
#include <longshore/abi/errors.h>
#include <longshore/system/unique_identifiers.h>

typedef unsigned char byte;
typedef unsigned char boolean;
typedef long long hyper;
#define interface struct
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDAPI EXTERN_C HRESULT STDAPICALLTYPE
#define COINIT_APARTMENTTHREADED 2
#define COINIT_MULTITHREADED     0
#define COINIT_DISABLE_OLE1DDE   4
#define CLSCTX_INPROC_SERVER     1
#define CLSCTX_INPROC_HANDLER    2
#define CLSCTX_LOCAL_SERVER      4
#define CLSCTX_REMOTE_SERVER     0x0010
#define CLSCTX_SERVER            (CLSCTX_INPROC_SERVER | CLSCTX_LOCAL_SERVER | CLSCTX_REMOTE_SERVER)
#define CLSCTX_ALL               (CLSCTX_INPROC_HANDLER | CLSCTX_SERVER)
#ifdef __cplusplus
struct IUnknown;
#else
typedef struct IUnknown IUnknown;
#endif
typedef struct IUnknown *LPUNKNOWN;

LONGSHORE_C_BEGIN
/* Prepares the thread for COM: there is nothing to prepare. [objbase.h CoInitialize] */
HRESULT WINAPI CoInitialize(LPVOID pvReserved);
/* Prepares the thread for COM: there is nothing to prepare. [combaseapi.h CoInitializeEx] */
HRESULT WINAPI CoInitializeEx(LPVOID pvReserved, DWORD dwCoInit);
/* Ends what CoInitialize began. [combaseapi.h CoUninitialize] */
VOID WINAPI CoUninitialize(VOID);
/* Makes an object of a class: no class is registered. [combaseapi.h CoCreateInstance] */
LONGSHORE_ABSENT(CoCreateInstance)
HRESULT WINAPI CoCreateInstance(REFCLSID rclsid, LPUNKNOWN pUnkOuter, DWORD dwClsContext,
    REFIID riid, LPVOID *ppv);
/* Allocates memory of COM. [combaseapi.h CoTaskMemAlloc] */
LPVOID WINAPI CoTaskMemAlloc(SIZE_T cb);
/* Changes the size of memory of COM. [combaseapi.h CoTaskMemRealloc] */
LPVOID WINAPI CoTaskMemRealloc(LPVOID pv, SIZE_T cb);
/* Frees memory of COM. [combaseapi.h CoTaskMemFree] */
VOID WINAPI CoTaskMemFree(LPVOID pv);
LONGSHORE_C_END

#endif
