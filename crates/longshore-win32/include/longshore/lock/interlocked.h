/* Longshore: Interlocked operations, for any integer of 8 to 64 bits and for pointers.
 *
 * In C++ they are templates over `T volatile *`, so that LONG, int, unsigned and 64-bit long all
 * reach them; in C they are macros over the compiler's typed builtins. Every form is a full
 * barrier unless its suffix says less. */
#ifndef LONGSHORE_INTERLOCKED_H
#define LONGSHORE_INTERLOCKED_H

#include <longshore/abi/types.h>

#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier()  __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#if defined(__x86_64__)
#include <emmintrin.h> /* Programs rely on _mm_pause and the fences. */
#define YieldProcessor() __builtin_ia32_pause()
#else
#define YieldProcessor() __asm__ volatile("yield")
#endif

#ifdef __cplusplus
extern "C++" {

/* Only T of the address decides the type; the operands convert to it. */
#define LONGSHORE_VALUE typename longshore::identity<T>::type

/* One family of names: a prefix, a suffix, and the memory order that the suffix asks for. */
#define LONGSHORE_INTERLOCKED_ARITHMETIC(prefix, suffix, order)                   \
    template <class T>                                                            \
    static inline T prefix##Increment##suffix(T volatile *p)                      \
    {                                                                             \
        return __atomic_add_fetch(p, 1, order);                                   \
    }                                                                             \
    template <class T>                                                            \
    static inline T prefix##Decrement##suffix(T volatile *p)                      \
    {                                                                             \
        return __atomic_sub_fetch(p, 1, order);                                   \
    }                                                                             \
    template <class T>                                                            \
    static inline T prefix##ExchangeAdd##suffix(T volatile *p, LONGSHORE_VALUE v) \
    {                                                                             \
        return __atomic_fetch_add(p, v, order);                                   \
    }                                                                             \
    template <class T>                                                            \
    static inline T prefix##Add##suffix(T volatile *p, LONGSHORE_VALUE v)         \
    {                                                                             \
        return __atomic_add_fetch(p, v, order);                                   \
    }
#define LONGSHORE_INTERLOCKED_BITS(prefix, suffix, order)                 \
    template <class T>                                                    \
    static inline T prefix##And##suffix(T volatile *p, LONGSHORE_VALUE v) \
    {                                                                     \
        return __atomic_fetch_and(p, v, order);                           \
    }                                                                     \
    template <class T>                                                    \
    static inline T prefix##Or##suffix(T volatile *p, LONGSHORE_VALUE v)  \
    {                                                                     \
        return __atomic_fetch_or(p, v, order);                            \
    }                                                                     \
    template <class T>                                                    \
    static inline T prefix##Xor##suffix(T volatile *p, LONGSHORE_VALUE v) \
    {                                                                     \
        return __atomic_fetch_xor(p, v, order);                           \
    }
#define LONGSHORE_INTERLOCKED_EXCHANGE(prefix, suffix, order)                   \
    template <class T>                                                          \
    static inline T prefix##Exchange##suffix(T volatile *p, LONGSHORE_VALUE v)  \
    {                                                                           \
        return __atomic_exchange_n(p, v, order);                                \
    }                                                                           \
    template <class T>                                                          \
    static inline T prefix##CompareExchange##suffix(                            \
        T volatile *p, LONGSHORE_VALUE v, LONGSHORE_VALUE expected)             \
    {                                                                           \
        __atomic_compare_exchange_n(p, &expected, v, false, order,              \
            __ATOMIC_SEQ_CST == (order) ? __ATOMIC_SEQ_CST : __ATOMIC_RELAXED); \
        return expected;                                                        \
    }
#define LONGSHORE_INTERLOCKED_WIDTH(prefix, width)                               \
    LONGSHORE_INTERLOCKED_ARITHMETIC(prefix, width, __ATOMIC_SEQ_CST)            \
    LONGSHORE_INTERLOCKED_ARITHMETIC(prefix, Acquire##width, __ATOMIC_ACQUIRE)   \
    LONGSHORE_INTERLOCKED_ARITHMETIC(prefix, Release##width, __ATOMIC_RELEASE)   \
    LONGSHORE_INTERLOCKED_ARITHMETIC(prefix, NoFence##width, __ATOMIC_RELAXED)   \
    LONGSHORE_INTERLOCKED_BITS(prefix, width, __ATOMIC_SEQ_CST)                  \
    LONGSHORE_INTERLOCKED_BITS(prefix, Acquire##width, __ATOMIC_ACQUIRE)         \
    LONGSHORE_INTERLOCKED_BITS(prefix, Release##width, __ATOMIC_RELEASE)         \
    LONGSHORE_INTERLOCKED_BITS(prefix, NoFence##width, __ATOMIC_RELAXED)         \
    LONGSHORE_INTERLOCKED_EXCHANGE(prefix, width, __ATOMIC_SEQ_CST)              \
    LONGSHORE_INTERLOCKED_EXCHANGE(prefix, Acquire##width, __ATOMIC_ACQUIRE)     \
    LONGSHORE_INTERLOCKED_EXCHANGE(prefix, Release##width, __ATOMIC_RELEASE)     \
    LONGSHORE_INTERLOCKED_EXCHANGE(prefix, NoFence##width, __ATOMIC_RELAXED)

LONGSHORE_INTERLOCKED_WIDTH(Interlocked, )
LONGSHORE_INTERLOCKED_WIDTH(Interlocked, 8)
LONGSHORE_INTERLOCKED_WIDTH(Interlocked, 16)
LONGSHORE_INTERLOCKED_WIDTH(Interlocked, 64)
LONGSHORE_INTERLOCKED_EXCHANGE(Interlocked, Pointer, __ATOMIC_SEQ_CST)
LONGSHORE_INTERLOCKED_EXCHANGE(Interlocked, PointerAcquire, __ATOMIC_ACQUIRE)
LONGSHORE_INTERLOCKED_EXCHANGE(Interlocked, PointerRelease, __ATOMIC_RELEASE)
LONGSHORE_INTERLOCKED_EXCHANGE(Interlocked, PointerNoFence, __ATOMIC_RELAXED)

LONGSHORE_INTERLOCKED_WIDTH(_Interlocked, )
LONGSHORE_INTERLOCKED_WIDTH(_Interlocked, 8)
LONGSHORE_INTERLOCKED_WIDTH(_Interlocked, 16)
LONGSHORE_INTERLOCKED_WIDTH(_Interlocked, 64)
LONGSHORE_INTERLOCKED_EXCHANGE(_Interlocked, Pointer, __ATOMIC_SEQ_CST)

/* Subtracts, and returns the former value. [winbase.h InterlockedExchangeSubtract] */
template <class T>
static inline T InterlockedExchangeSubtract(T volatile *p, LONGSHORE_VALUE v)
{
    return __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);
}

#undef LONGSHORE_VALUE
#undef LONGSHORE_INTERLOCKED_ARITHMETIC
#undef LONGSHORE_INTERLOCKED_BITS
#undef LONGSHORE_INTERLOCKED_EXCHANGE
#undef LONGSHORE_INTERLOCKED_WIDTH
}
#else

#define LONGSHORE_ADD(p, v, order)      __atomic_add_fetch((p), (v), __ATOMIC_##order)
#define LONGSHORE_FETCH_ADD(p, v, order) __atomic_fetch_add((p), (v), __ATOMIC_##order)
#define LONGSHORE_AND(p, v, order)      __atomic_fetch_and((p), (v), __ATOMIC_##order)
#define LONGSHORE_OR(p, v, order)       __atomic_fetch_or((p), (v), __ATOMIC_##order)
#define LONGSHORE_XOR(p, v, order)      __atomic_fetch_xor((p), (v), __ATOMIC_##order)
#define LONGSHORE_EXCHANGE(p, v, order) __atomic_exchange_n((p), (v), __ATOMIC_##order)
#define LONGSHORE_COMPARE(p, v, c)      __sync_val_compare_and_swap((p), (c), (v))
#define LONGSHORE_POINTER(p)            ((void *volatile *)(p))

#define InterlockedIncrement(p)                      LONGSHORE_ADD(p, 1, SEQ_CST)
#define InterlockedDecrement(p)                      LONGSHORE_ADD(p, -1, SEQ_CST)
#define InterlockedAdd(p, v)                         LONGSHORE_ADD(p, v, SEQ_CST)
#define InterlockedExchangeAdd(p, v)                 LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define InterlockedAnd(p, v)                         LONGSHORE_AND(p, v, SEQ_CST)
#define InterlockedOr(p, v)                          LONGSHORE_OR(p, v, SEQ_CST)
#define InterlockedXor(p, v)                         LONGSHORE_XOR(p, v, SEQ_CST)
#define InterlockedExchange(p, v)                    LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define InterlockedCompareExchange(p, v, c)          LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrementAcquire(p)               LONGSHORE_ADD(p, 1, ACQUIRE)
#define InterlockedDecrementAcquire(p)               LONGSHORE_ADD(p, -1, ACQUIRE)
#define InterlockedAddAcquire(p, v)                  LONGSHORE_ADD(p, v, ACQUIRE)
#define InterlockedExchangeAddAcquire(p, v)          LONGSHORE_FETCH_ADD(p, v, ACQUIRE)
#define InterlockedAndAcquire(p, v)                  LONGSHORE_AND(p, v, ACQUIRE)
#define InterlockedOrAcquire(p, v)                   LONGSHORE_OR(p, v, ACQUIRE)
#define InterlockedXorAcquire(p, v)                  LONGSHORE_XOR(p, v, ACQUIRE)
#define InterlockedExchangeAcquire(p, v)             LONGSHORE_EXCHANGE(p, v, ACQUIRE)
#define InterlockedCompareExchangeAcquire(p, v, c)   LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrementRelease(p)               LONGSHORE_ADD(p, 1, RELEASE)
#define InterlockedDecrementRelease(p)               LONGSHORE_ADD(p, -1, RELEASE)
#define InterlockedAddRelease(p, v)                  LONGSHORE_ADD(p, v, RELEASE)
#define InterlockedExchangeAddRelease(p, v)          LONGSHORE_FETCH_ADD(p, v, RELEASE)
#define InterlockedAndRelease(p, v)                  LONGSHORE_AND(p, v, RELEASE)
#define InterlockedOrRelease(p, v)                   LONGSHORE_OR(p, v, RELEASE)
#define InterlockedXorRelease(p, v)                  LONGSHORE_XOR(p, v, RELEASE)
#define InterlockedExchangeRelease(p, v)             LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define InterlockedCompareExchangeRelease(p, v, c)   LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrementNoFence(p)               LONGSHORE_ADD(p, 1, RELAXED)
#define InterlockedDecrementNoFence(p)               LONGSHORE_ADD(p, -1, RELAXED)
#define InterlockedAddNoFence(p, v)                  LONGSHORE_ADD(p, v, RELAXED)
#define InterlockedExchangeAddNoFence(p, v)          LONGSHORE_FETCH_ADD(p, v, RELAXED)
#define InterlockedAndNoFence(p, v)                  LONGSHORE_AND(p, v, RELAXED)
#define InterlockedOrNoFence(p, v)                   LONGSHORE_OR(p, v, RELAXED)
#define InterlockedXorNoFence(p, v)                  LONGSHORE_XOR(p, v, RELAXED)
#define InterlockedExchangeNoFence(p, v)             LONGSHORE_EXCHANGE(p, v, RELAXED)
#define InterlockedCompareExchangeNoFence(p, v, c)   LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrement8(p)                     LONGSHORE_ADD(p, 1, SEQ_CST)
#define InterlockedDecrement8(p)                     LONGSHORE_ADD(p, -1, SEQ_CST)
#define InterlockedAdd8(p, v)                        LONGSHORE_ADD(p, v, SEQ_CST)
#define InterlockedExchangeAdd8(p, v)                LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define InterlockedAnd8(p, v)                        LONGSHORE_AND(p, v, SEQ_CST)
#define InterlockedOr8(p, v)                         LONGSHORE_OR(p, v, SEQ_CST)
#define InterlockedXor8(p, v)                        LONGSHORE_XOR(p, v, SEQ_CST)
#define InterlockedExchange8(p, v)                   LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define InterlockedCompareExchange8(p, v, c)         LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrement16(p)                    LONGSHORE_ADD(p, 1, SEQ_CST)
#define InterlockedDecrement16(p)                    LONGSHORE_ADD(p, -1, SEQ_CST)
#define InterlockedAdd16(p, v)                       LONGSHORE_ADD(p, v, SEQ_CST)
#define InterlockedExchangeAdd16(p, v)               LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define InterlockedAnd16(p, v)                       LONGSHORE_AND(p, v, SEQ_CST)
#define InterlockedOr16(p, v)                        LONGSHORE_OR(p, v, SEQ_CST)
#define InterlockedXor16(p, v)                       LONGSHORE_XOR(p, v, SEQ_CST)
#define InterlockedExchange16(p, v)                  LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define InterlockedCompareExchange16(p, v, c)        LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrement64(p)                    LONGSHORE_ADD(p, 1, SEQ_CST)
#define InterlockedDecrement64(p)                    LONGSHORE_ADD(p, -1, SEQ_CST)
#define InterlockedAdd64(p, v)                       LONGSHORE_ADD(p, v, SEQ_CST)
#define InterlockedExchangeAdd64(p, v)               LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define InterlockedAnd64(p, v)                       LONGSHORE_AND(p, v, SEQ_CST)
#define InterlockedOr64(p, v)                        LONGSHORE_OR(p, v, SEQ_CST)
#define InterlockedXor64(p, v)                       LONGSHORE_XOR(p, v, SEQ_CST)
#define InterlockedExchange64(p, v)                  LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define InterlockedCompareExchange64(p, v, c)        LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrementAcquire64(p)             LONGSHORE_ADD(p, 1, ACQUIRE)
#define InterlockedDecrementAcquire64(p)             LONGSHORE_ADD(p, -1, ACQUIRE)
#define InterlockedAddAcquire64(p, v)                LONGSHORE_ADD(p, v, ACQUIRE)
#define InterlockedExchangeAddAcquire64(p, v)        LONGSHORE_FETCH_ADD(p, v, ACQUIRE)
#define InterlockedAndAcquire64(p, v)                LONGSHORE_AND(p, v, ACQUIRE)
#define InterlockedOrAcquire64(p, v)                 LONGSHORE_OR(p, v, ACQUIRE)
#define InterlockedXorAcquire64(p, v)                LONGSHORE_XOR(p, v, ACQUIRE)
#define InterlockedExchangeAcquire64(p, v)           LONGSHORE_EXCHANGE(p, v, ACQUIRE)
#define InterlockedCompareExchangeAcquire64(p, v, c) LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrementRelease64(p)             LONGSHORE_ADD(p, 1, RELEASE)
#define InterlockedDecrementRelease64(p)             LONGSHORE_ADD(p, -1, RELEASE)
#define InterlockedAddRelease64(p, v)                LONGSHORE_ADD(p, v, RELEASE)
#define InterlockedExchangeAddRelease64(p, v)        LONGSHORE_FETCH_ADD(p, v, RELEASE)
#define InterlockedAndRelease64(p, v)                LONGSHORE_AND(p, v, RELEASE)
#define InterlockedOrRelease64(p, v)                 LONGSHORE_OR(p, v, RELEASE)
#define InterlockedXorRelease64(p, v)                LONGSHORE_XOR(p, v, RELEASE)
#define InterlockedExchangeRelease64(p, v)           LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define InterlockedCompareExchangeRelease64(p, v, c) LONGSHORE_COMPARE(p, v, c)
#define InterlockedIncrementNoFence64(p)             LONGSHORE_ADD(p, 1, RELAXED)
#define InterlockedDecrementNoFence64(p)             LONGSHORE_ADD(p, -1, RELAXED)
#define InterlockedAddNoFence64(p, v)                LONGSHORE_ADD(p, v, RELAXED)
#define InterlockedExchangeAddNoFence64(p, v)        LONGSHORE_FETCH_ADD(p, v, RELAXED)
#define InterlockedAndNoFence64(p, v)                LONGSHORE_AND(p, v, RELAXED)
#define InterlockedOrNoFence64(p, v)                 LONGSHORE_OR(p, v, RELAXED)
#define InterlockedXorNoFence64(p, v)                LONGSHORE_XOR(p, v, RELAXED)
#define InterlockedExchangeNoFence64(p, v)           LONGSHORE_EXCHANGE(p, v, RELAXED)
#define InterlockedCompareExchangeNoFence64(p, v, c) LONGSHORE_COMPARE(p, v, c)
#define _InterlockedIncrement(p)                     LONGSHORE_ADD(p, 1, SEQ_CST)
#define _InterlockedDecrement(p)                     LONGSHORE_ADD(p, -1, SEQ_CST)
#define _InterlockedAdd(p, v)                        LONGSHORE_ADD(p, v, SEQ_CST)
#define _InterlockedExchangeAdd(p, v)                LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define _InterlockedAnd(p, v)                        LONGSHORE_AND(p, v, SEQ_CST)
#define _InterlockedOr(p, v)                         LONGSHORE_OR(p, v, SEQ_CST)
#define _InterlockedXor(p, v)                        LONGSHORE_XOR(p, v, SEQ_CST)
#define _InterlockedExchange(p, v)                   LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define _InterlockedCompareExchange(p, v, c)         LONGSHORE_COMPARE(p, v, c)
#define _InterlockedIncrement8(p)                    LONGSHORE_ADD(p, 1, SEQ_CST)
#define _InterlockedDecrement8(p)                    LONGSHORE_ADD(p, -1, SEQ_CST)
#define _InterlockedAdd8(p, v)                       LONGSHORE_ADD(p, v, SEQ_CST)
#define _InterlockedExchangeAdd8(p, v)               LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define _InterlockedAnd8(p, v)                       LONGSHORE_AND(p, v, SEQ_CST)
#define _InterlockedOr8(p, v)                        LONGSHORE_OR(p, v, SEQ_CST)
#define _InterlockedXor8(p, v)                       LONGSHORE_XOR(p, v, SEQ_CST)
#define _InterlockedExchange8(p, v)                  LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define _InterlockedCompareExchange8(p, v, c)        LONGSHORE_COMPARE(p, v, c)
#define _InterlockedIncrement16(p)                   LONGSHORE_ADD(p, 1, SEQ_CST)
#define _InterlockedDecrement16(p)                   LONGSHORE_ADD(p, -1, SEQ_CST)
#define _InterlockedAdd16(p, v)                      LONGSHORE_ADD(p, v, SEQ_CST)
#define _InterlockedExchangeAdd16(p, v)              LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define _InterlockedAnd16(p, v)                      LONGSHORE_AND(p, v, SEQ_CST)
#define _InterlockedOr16(p, v)                       LONGSHORE_OR(p, v, SEQ_CST)
#define _InterlockedXor16(p, v)                      LONGSHORE_XOR(p, v, SEQ_CST)
#define _InterlockedExchange16(p, v)                 LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define _InterlockedCompareExchange16(p, v, c)       LONGSHORE_COMPARE(p, v, c)
#define _InterlockedIncrement64(p)                   LONGSHORE_ADD(p, 1, SEQ_CST)
#define _InterlockedDecrement64(p)                   LONGSHORE_ADD(p, -1, SEQ_CST)
#define _InterlockedAdd64(p, v)                      LONGSHORE_ADD(p, v, SEQ_CST)
#define _InterlockedExchangeAdd64(p, v)              LONGSHORE_FETCH_ADD(p, v, SEQ_CST)
#define _InterlockedAnd64(p, v)                      LONGSHORE_AND(p, v, SEQ_CST)
#define _InterlockedOr64(p, v)                       LONGSHORE_OR(p, v, SEQ_CST)
#define _InterlockedXor64(p, v)                      LONGSHORE_XOR(p, v, SEQ_CST)
#define _InterlockedExchange64(p, v)                 LONGSHORE_EXCHANGE(p, v, SEQ_CST)
#define _InterlockedCompareExchange64(p, v, c)       LONGSHORE_COMPARE(p, v, c)
#define InterlockedExchangeSubtract(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_SEQ_CST)
#define InterlockedExchangePointer(p, v) \
    LONGSHORE_EXCHANGE(LONGSHORE_POINTER(p), (void *)(v), SEQ_CST)
#define InterlockedExchangePointerAcquire(p, v) \
    LONGSHORE_EXCHANGE(LONGSHORE_POINTER(p), (void *)(v), ACQUIRE)
#define InterlockedExchangePointerNoFence(p, v) \
    LONGSHORE_EXCHANGE(LONGSHORE_POINTER(p), (void *)(v), RELAXED)
#define InterlockedCompareExchangePointer(p, v, c) \
    LONGSHORE_COMPARE(LONGSHORE_POINTER(p), (void *)(v), (void *)(c))
#define InterlockedCompareExchangePointerAcquire(p, v, c) \
    LONGSHORE_COMPARE(LONGSHORE_POINTER(p), (void *)(v), (void *)(c))
#define InterlockedCompareExchangePointerRelease(p, v, c) \
    LONGSHORE_COMPARE(LONGSHORE_POINTER(p), (void *)(v), (void *)(c))
#define InterlockedCompareExchangePointerNoFence(p, v, c) \
    LONGSHORE_COMPARE(LONGSHORE_POINTER(p), (void *)(v), (void *)(c))
#define _InterlockedExchangePointer(p, v)           InterlockedExchangePointer(p, v)
#define _InterlockedCompareExchangePointer(p, v, c) InterlockedCompareExchangePointer(p, v, c)
#endif

#define LONGSHORE_BIT(p, i) ((volatile unsigned char *)(p) + ((i) >> 3))
/* Changes one bit, and returns the former one. [winbase InterlockedBitTestAndSet] */
static inline UCHAR InterlockedBitTestAndSet(volatile void *p, LONG i)
{
    UCHAR mask = (UCHAR)(1u << (i & 7));
    return (__atomic_fetch_or(LONGSHORE_BIT(p, i), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
static inline UCHAR InterlockedBitTestAndReset(volatile void *p, LONG i)
{
    UCHAR mask = (UCHAR)(1u << (i & 7));
    return (__atomic_fetch_and(LONGSHORE_BIT(p, i), (UCHAR)~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
static inline UCHAR InterlockedBitTestAndComplement(volatile void *p, LONG i)
{
    UCHAR mask = (UCHAR)(1u << (i & 7));
    return (__atomic_fetch_xor(LONGSHORE_BIT(p, i), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
#define InterlockedBitTestAndSet64(p, i)        InterlockedBitTestAndSet((p), (LONG)(i))
#define InterlockedBitTestAndReset64(p, i)      InterlockedBitTestAndReset((p), (LONG)(i))
#define InterlockedBitTestAndComplement64(p, i) InterlockedBitTestAndComplement((p), (LONG)(i))
#define _interlockedbittestandset(p, i)     InterlockedBitTestAndSet(p, i)
#define _interlockedbittestandreset(p, i)   InterlockedBitTestAndReset(p, i)
#define _interlockedbittestandset64(p, i)   InterlockedBitTestAndSet64(p, i)
#define _interlockedbittestandreset64(p, i) InterlockedBitTestAndReset64(p, i)

#if defined(__x86_64__)
__extension__ typedef __int128 longshore_int128;
/* The instruction itself, so that no -mcx16 and no libatomic are needed. The address is a
   multiple of 16. */
static inline UCHAR InterlockedCompareExchange128(
    volatile LONG64 *p, LONG64 high, LONG64 low, LONG64 *expected)
{
    UCHAR done;
    __asm__ volatile(
        "lock cmpxchg16b %1"
        : "=@ccz"(done), "+m"(*(volatile longshore_int128 *)p), "+a"(expected[0]), "+d"(expected[1])
        : "b"(low), "c"(high)
        : "memory");
    return done;
}
#define _InterlockedCompareExchange128(p, high, low, expected) \
    InterlockedCompareExchange128(p, high, low, expected)
#endif

/* Reads and writes of one variable with a memory order. [winnt.h ReadAcquire, WriteRelease] */
static inline LONG ReadAcquire(const volatile LONG *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
static inline LONG ReadNoFence(const volatile LONG *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline void WriteRelease(volatile LONG *p, LONG v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
static inline void WriteNoFence(volatile LONG *p, LONG v)
{
    __atomic_store_n(p, v, __ATOMIC_RELAXED);
}
static inline LONG64 ReadAcquire64(const volatile LONG64 *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
static inline LONG64 ReadNoFence64(const volatile LONG64 *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline void WriteRelease64(volatile LONG64 *p, LONG64 v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}
static inline PVOID ReadPointerAcquire(PVOID const volatile *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
static inline PVOID ReadPointerNoFence(PVOID const volatile *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
static inline void WritePointerRelease(PVOID volatile *p, PVOID v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}

/* Lock-free lists. Entries and headers are multiples of 16 in size and address. */
#define MEMORY_ALLOCATION_ALIGNMENT 16
typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    __extension__ struct { ULONGLONG Alignment; ULONGLONG Region; };
} SLIST_HEADER, *PSLIST_HEADER;

LONGSHORE_C_BEGIN
/* Makes an empty list. [interlockedapi.h InitializeSListHead] */
VOID WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
/* Puts an entry in front; gives the one that was there.
   [interlockedapi.h InterlockedPushEntrySList] */
PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
/* Takes the first entry; NULL if the list is empty. [interlockedapi.h InterlockedPopEntrySList] */
PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
/* Takes all entries off, as a chain. [interlockedapi.h InterlockedFlushSList] */
PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
/* Puts a chain in front; gives the entry that was there.
   [interlockedapi.h InterlockedPushListSListEx] */
PSLIST_ENTRY WINAPI InterlockedPushListSListEx(PSLIST_HEADER ListHead, PSLIST_ENTRY List,
    PSLIST_ENTRY ListEnd, ULONG Count);
/* Counts the entries of a list, modulo 65536. [interlockedapi.h QueryDepthSList] */
USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);
/* Looks at the first entry of a list that nobody changes. [winnt.h RtlFirstEntrySList] */
PSLIST_ENTRY WINAPI RtlFirstEntrySList(const SLIST_HEADER *ListHead);
LONGSHORE_C_END

#define _InlineInterlockedAdd   InterlockedAdd
#define _InlineInterlockedAdd64 InterlockedAdd64

#endif
