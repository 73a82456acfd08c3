/* Longshore: the words that are keywords to the Microsoft compiler and nothing to gcc and clang.
 *
 * They need no header on Windows, so the compiler wrapper includes this file before all others.
 * Calling conventions are empty: every function has the platform's own C ABI, so that a thread
 * procedure is also a plain function pointer for std::thread, qsort and the like. */
#ifndef LONGSHORE_KEYWORDS_H
#define LONGSHORE_KEYWORDS_H

#define __cdecl
#define __stdcall
#define __fastcall
#define __thiscall
#define __vectorcall
#define __clrcall
#define __pascal
#define _cdecl
#define _stdcall
#define _fastcall

/* __declspec(x) becomes one attribute. `thread` is no attribute in gcc: it closes the list,
 * says __thread and opens another. */
#undef __declspec
#define __declspec(...) __attribute__((LONGSHORE_DECLSPEC_##__VA_ARGS__))
#define _declspec(...)  __attribute__((LONGSHORE_DECLSPEC_##__VA_ARGS__))
#define LONGSHORE_DECLSPEC_align(n)      __aligned__(n)
#define LONGSHORE_DECLSPEC_allocate(s)
#define LONGSHORE_DECLSPEC_allocator
#define LONGSHORE_DECLSPEC_code_seg(s)
#define LONGSHORE_DECLSPEC_deprecated    __deprecated__
#define LONGSHORE_DECLSPEC_dllexport     __visibility__("default")
#define LONGSHORE_DECLSPEC_dllimport
#define LONGSHORE_DECLSPEC_empty_bases
#define LONGSHORE_DECLSPEC_guard(x)
#define LONGSHORE_DECLSPEC_intrin_type
#define LONGSHORE_DECLSPEC_naked         __naked__
#define LONGSHORE_DECLSPEC_noalias
#define LONGSHORE_DECLSPEC_noinline      __noinline__
#define LONGSHORE_DECLSPEC_noreturn      __noreturn__
#define LONGSHORE_DECLSPEC_nothrow       __nothrow__
#define LONGSHORE_DECLSPEC_novtable
#define LONGSHORE_DECLSPEC_restrict
#define LONGSHORE_DECLSPEC_safebuffers
#define LONGSHORE_DECLSPEC_selectany     __weak__
#define LONGSHORE_DECLSPEC_spectre(x)
#define LONGSHORE_DECLSPEC_thread        )) __thread __attribute__((
#define LONGSHORE_DECLSPEC_uuid(x)

/* Macros, so that `unsigned __int64` works. */
#undef __int8
#undef __int16
#undef __int32
#undef __int64
#define __int8  char
#define __int16 short
#define __int32 int
#define __int64 long long
#define _int8   char
#define _int16  short
#define _int32  int
#define _int64  long long
#define __w64
#define __ptr32
#define __ptr64
#define __unaligned
#define _inline  inline
#undef __forceinline
#define __forceinline __inline__ __attribute__((__always_inline__))

#ifndef __assume
#define __assume(condition) ((condition) ? (void)0 : __builtin_unreachable())
#endif

/* A constant for a bare `__noop;`, a macro for `__noop(...)`, whose arguments are not evaluated. */
#ifndef __noop
enum { __noop = 0 };
#define __noop(...) ((void)0)
#endif

#ifndef __debugbreak
#if defined(__x86_64__) || defined(__i386__)
#define __debugbreak() __asm__ volatile("int3")
#else
#define __debugbreak() __builtin_trap()
#endif
#endif

#endif
