/*
 * MSVC's intrinsics: the processor's own from the compiler's <x86intrin.h>, bit scans, wide
 * multiplication, barriers. The _Interlocked family is in longshore/interlocked.h.
 */
#ifndef LONGSHORE_INTRIN_H
#define LONGSHORE_INTRIN_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#include <cpuid.h>
#endif
#include <longshore/crt/convert.h>
#include <longshore/lock/interlocked.h>

LONGSHORE_BEGIN

/* Index types vary (unsigned long, DWORD): in C the caller's pointer is to unsigned long, as
   MSVC has it. */
LONGSHORE_INLINE unsigned char longshore_scan_forward(unsigned int *index, unsigned long long mask)
{
    if (!mask)
        return 0;
    *index = (unsigned int)__builtin_ctzll(mask);
    return 1;
}
LONGSHORE_INLINE unsigned char longshore_scan_reverse(unsigned int *index, unsigned long long mask)
{
    if (!mask)
        return 0;
    *index = 63u - (unsigned int)__builtin_clzll(mask);
    return 1;
}

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <typename Index> inline unsigned char _BitScanForward(Index *index, unsigned int mask)
{
    unsigned int found = 0;
    unsigned char any = longshore_scan_forward(&found, mask);
    if (any)
        *index = static_cast<Index>(found);
    return any;
}
template <typename Index> inline unsigned char _BitScanReverse(Index *index, unsigned int mask)
{
    unsigned int found = 0;
    unsigned char any = longshore_scan_reverse(&found, mask);
    if (any)
        *index = static_cast<Index>(found);
    return any;
}
template <typename Index>
inline unsigned char _BitScanForward64(Index *index, unsigned long long mask)
{
    unsigned int found = 0;
    unsigned char any = longshore_scan_forward(&found, mask);
    if (any)
        *index = static_cast<Index>(found);
    return any;
}
template <typename Index>
inline unsigned char _BitScanReverse64(Index *index, unsigned long long mask)
{
    unsigned int found = 0;
    unsigned char any = longshore_scan_reverse(&found, mask);
    if (any)
        *index = static_cast<Index>(found);
    return any;
}
LONGSHORE_TEMPLATES_END
#else
/* By macro, so that the index may be an unsigned long or a DWORD. */
#define LONGSHORE_BIT_SCAN(scan, index, mask)                         \
    __extension__({                                                   \
        unsigned int longshore_found = 0;                             \
        unsigned char longshore_any = scan(&longshore_found, (mask)); \
        if (longshore_any)                                            \
            *(index) = longshore_found;                               \
        longshore_any;                                                \
    })
#define _BitScanForward(index, mask) \
    LONGSHORE_BIT_SCAN(longshore_scan_forward, index, (unsigned int)(mask))
#define _BitScanReverse(index, mask) \
    LONGSHORE_BIT_SCAN(longshore_scan_reverse, index, (unsigned int)(mask))
#define _BitScanForward64(index, mask) LONGSHORE_BIT_SCAN(longshore_scan_forward, index, (mask))
#define _BitScanReverse64(index, mask) LONGSHORE_BIT_SCAN(longshore_scan_reverse, index, (mask))
#endif

/* Counts bits. [crt __popcnt, __lzcnt] */
LONGSHORE_INLINE unsigned int __popcnt(unsigned int value)
{
    return (unsigned int)__builtin_popcount(value);
}
LONGSHORE_INLINE unsigned short __popcnt16(unsigned short value)
{
    return (unsigned short)__builtin_popcount(value);
}
LONGSHORE_INLINE unsigned long long __popcnt64(unsigned long long value)
{
    return (unsigned long long)__builtin_popcountll(value);
}
LONGSHORE_INLINE unsigned int longshore_lzcnt(unsigned int value)
{
    return value ? (unsigned int)__builtin_clz(value) : 32;
}
LONGSHORE_INLINE unsigned long long longshore_lzcnt64(unsigned long long value)
{
    return value ? (unsigned long long)__builtin_clzll(value) : 64;
}

/* The compilers' own are for processors with LZCNT only. */
#undef __lzcnt
#undef __lzcnt64
#define __lzcnt(value) longshore_lzcnt(value)
#define __lzcnt64(value) longshore_lzcnt64(value)

__extension__ typedef unsigned __int128 longshore_u128;
__extension__ typedef __int128 longshore_i128;
/* Products of 128 bits, and shifts. [crt _umul128, __shiftleft128, __emul] */
LONGSHORE_INLINE unsigned long long _umul128(unsigned long long left, unsigned long long right,
                                             unsigned long long *high)
{
    longshore_u128 product = (longshore_u128)left * right;
    *high = (unsigned long long)(product >> 64);
    return (unsigned long long)product;
}
LONGSHORE_INLINE long long _mul128(long long left, long long right, long long *high)
{
    longshore_i128 product = (longshore_i128)left * right;
    *high = (long long)(product >> 64);
    return (long long)product;
}
LONGSHORE_INLINE unsigned long long __umulh(unsigned long long left, unsigned long long right)
{
    return (unsigned long long)((longshore_u128)left * right >> 64);
}
LONGSHORE_INLINE long long __mulh(long long left, long long right)
{
    return (long long)((longshore_i128)left * right >> 64);
}
LONGSHORE_INLINE unsigned long long __shiftleft128(unsigned long long low, unsigned long long high,
                                                   unsigned char shift)
{
    shift &= 63;
    return shift ? high << shift | low >> (64 - shift) : high;
}
LONGSHORE_INLINE unsigned long long __shiftright128(unsigned long long low, unsigned long long high,
                                                    unsigned char shift)
{
    shift &= 63;
    return shift ? low >> shift | high << (64 - shift) : low;
}
LONGSHORE_INLINE unsigned long long __emulu(unsigned int left, unsigned int right)
{
    return (unsigned long long)left * right;
}
LONGSHORE_INLINE long long __emul(int left, int right) { return (long long)left * right; }

#if defined(__x86_64__) || defined(__i386__)
/* gcc's <cpuid.h> has a macro __cpuid of five arguments; MSVC's takes an array. */
LONGSHORE_INLINE void longshore_cpuid(int registers[4], int leaf, int subleaf)
{
    unsigned int a = 0, b = 0, c = 0, d = 0;
    __cpuid_count((unsigned int)leaf, (unsigned int)subleaf, a, b, c, d);
    registers[0] = (int)a;
    registers[1] = (int)b;
    registers[2] = (int)c;
    registers[3] = (int)d;
}
#undef __cpuid
#define __cpuid(registers, leaf) longshore_cpuid((registers), (int)(leaf), 0)
#undef __cpuidex
#define __cpuidex(registers, leaf, subleaf) \
    longshore_cpuid((registers), (int)(leaf), (int)(subleaf))
#endif

#ifndef _ReadWriteBarrier
#define _ReadWriteBarrier() __asm__ volatile("" ::: "memory")
#define _ReadBarrier() __asm__ volatile("" ::: "memory")
#define _WriteBarrier() __asm__ volatile("" ::: "memory")
#endif
#ifndef __faststorefence
#define __faststorefence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#ifndef __nop
#define __nop() __asm__ volatile("nop")
#endif
#ifndef _ReturnAddress
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + sizeof(void *)))
#endif
#ifndef __fastfail
#define __fastfail(code) ((void)(code), __builtin_trap())
#endif
/* Fills and copies bytes. [crt __stosb, __movsb] */
LONGSHORE_INLINE void __stosb(unsigned char *to, unsigned char value, size_t count)
{
    longshore_c_memset(to, value, count);
}
LONGSHORE_INLINE void __movsb(unsigned char *to, const unsigned char *from, size_t count)
{
    longshore_c_memcpy(to, from, count);
}

LONGSHORE_END

#endif
