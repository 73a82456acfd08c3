/*
 * Longshore: the macros that every Windows header is written with, and what C++ overloads need.
 *
 * The line above a function says what it does, by which rules (docs/rules.md of the source tree),
 * and which page of Microsoft's documentation describes it: [fileapi.h ReadFile] is the page of
 * ReadFile among those of fileapi.h in the Win32 API reference, [console X] one of the console
 * documentation, [crt X] one of the C runtime library reference.
 */
#ifndef LONGSHORE_COMPILER_H
#define LONGSHORE_COMPILER_H

#include <stddef.h>
#include <longshore/abi/absent.h>
#include <longshore/abi/keywords.h>

#if !defined(__GNUC__) || !defined(__LP64__)
#error "Longshore's headers are for gcc and clang on 64-bit Linux"
#endif

#ifdef __cplusplus
#define LONGSHORE_C_BEGIN extern "C" {
#define LONGSHORE_C_END   }
#else
#define LONGSHORE_C_BEGIN
#define LONGSHORE_C_END
#endif

/* A function whose name glibc has too: the program says `send`, the linker sees
   `longshore_send`. */
#define LONGSHORE_SYMBOL(name) __asm__("longshore_" #name)

/* `#define CreateEvent LONGSHORE_AW(CreateEvent)` picks the A or the W function. */
#ifdef UNICODE
#define LONGSHORE_AW(name) name##W
#else
#define LONGSHORE_AW(name) name##A
#endif

#define WINAPI     __stdcall
#define WINAPIV    __cdecl
#define APIENTRY   WINAPI
#define CALLBACK   __stdcall
#define PASCAL     __stdcall
#define APIPRIVATE __stdcall
#define NTAPI      __stdcall
#define WSAAPI     __stdcall
#define NTSYSAPI
#define NTSYSCALLAPI
#define WINBASEAPI
#define WINADVAPI
#define WINUSERAPI
#define WINSOCK_API_LINKAGE
#define WINBOOL_DEFINED
#define FAR
#define NEAR
#define far
#define near
#define CDECL    __cdecl
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN     __attribute__((__noreturn__))
#define DECLSPEC_ALIGN(x)     __attribute__((__aligned__(x)))
#define DECLSPEC_NOINLINE     __attribute__((__noinline__))
#define DECLSPEC_NOTHROW      __attribute__((__nothrow__))
#define DECLSPEC_SELECTANY    __attribute__((__weak__))
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(x)
#define DECLSPEC_DEPRECATED   __attribute__((__deprecated__))
#define DECLSPEC_CACHEALIGN   DECLSPEC_ALIGN(128)

#define FORCEINLINE   static __forceinline
#define CFORCEINLINE  FORCEINLINE
#define DECLSPEC_INLINE __inline__

#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#define STDAPICALLTYPE __stdcall
#define STDMETHODCALLTYPE __stdcall
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define UNALIGNED
#define RESTRICTED_POINTER __restrict__

#define UNREFERENCED_PARAMETER(p)          ((void)(p))
#define UNREFERENCED_LOCAL_VARIABLE(v)     ((void)(v))
#define DBG_UNREFERENCED_PARAMETER(p)      ((void)(p))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#define DEFAULT_UNREACHABLE                default: __builtin_unreachable()

/* Which widths of integer pointer reach a parameter declared as a pointer to a 32-bit or a
 * pointer-sized integer. On Windows `unsigned long` is DWORD and `unsigned long long` is
 * ULONG_PTR; here they are other types, so overloads take them and copy the value back. */
#ifdef __cplusplus
extern "C++" {
namespace longshore {
template <bool, class T> struct enable_if {};
template <class T> struct enable_if<true, T> { typedef T type; };
template <class T> struct identity { typedef T type; };
template <class T> struct is_unsigned_long { enum { value = 0 }; };
template <> struct is_unsigned_long<unsigned long> { enum { value = 1 }; };
template <class T> struct is_long { enum { value = 0 }; };
template <> struct is_long<long> { enum { value = 1 }; };
template <class T> struct is_dword { enum { value = 0 }; };
template <> struct is_dword<unsigned int> { enum { value = 1 }; };
/* Other spellings of a pointer-sized integer. */
template <class T> struct is_word64 { enum { value = 0 }; };
template <> struct is_word64<long> { enum { value = 1 }; };
template <> struct is_word64<long long> { enum { value = 1 }; };
template <> struct is_word64<unsigned long long> { enum { value = 1 }; };
} /* namespace longshore */
} /* extern "C++" */
#endif

#endif
