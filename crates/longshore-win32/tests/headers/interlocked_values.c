/* What each Interlocked operation returns and leaves behind. Exits with 0 if all is as on Windows,
 * otherwise with the line of the first difference. */
#include <interlockedapi.h>

static int different;
#define EXPECT(what, value)                                                                     \
    do {                                                                                        \
        long long found = (long long)(what);                                                    \
        if (found != (long long)(value) && !different) different = __LINE__;                    \
    } while (0)

/* One width: the new value from Increment, Decrement and Add, the old one from all others. */
#define CHECK_WIDTH(type, suffix)                                      \
    do {                                                               \
        type volatile v = 5;                                           \
        EXPECT(InterlockedIncrement##suffix(&v), 6);                   \
        EXPECT(InterlockedDecrement##suffix(&v), 5);                   \
        EXPECT(InterlockedExchangeAdd##suffix(&v, 3), 5);              \
        EXPECT(InterlockedExchangeAdd##suffix(&v, -1), 8);             \
        EXPECT(InterlockedExchange##suffix(&v, 6), 7);                 \
        EXPECT(InterlockedCompareExchange##suffix(&v, 9, 7), 6);       \
        EXPECT(v, 6);                                                  \
        EXPECT(InterlockedCompareExchange##suffix(&v, 9, 6), 6);       \
        EXPECT(InterlockedAnd##suffix(&v, 3), 9);                      \
        EXPECT(InterlockedOr##suffix(&v, 6), 1);                       \
        EXPECT(InterlockedXor##suffix(&v, 2), 7);                      \
        EXPECT(v, 5);                                                  \
    } while (0)

/* The compiler's own names for the same. */
#define CHECK_INTRINSICS(type, suffix)                            \
    do {                                                          \
        type volatile v = 5;                                      \
        EXPECT(_InterlockedIncrement##suffix(&v), 6);             \
        EXPECT(_InterlockedDecrement##suffix(&v), 5);             \
        EXPECT(_InterlockedExchangeAdd##suffix(&v, 1), 5);        \
        EXPECT(_InterlockedExchange##suffix(&v, 7), 6);           \
        EXPECT(_InterlockedCompareExchange##suffix(&v, 1, 7), 7); \
        EXPECT(_InterlockedOr##suffix(&v, 2), 1);                 \
        EXPECT(v, 3);                                             \
    } while (0)

int main(void)
{
    CHECK_WIDTH(LONG, );
    CHECK_WIDTH(ULONG, );
    CHECK_WIDTH(long, );
    CHECK_WIDTH(unsigned long, );
    CHECK_WIDTH(short, 16);
    CHECK_WIDTH(char, 8);
    CHECK_WIDTH(LONG64, 64);
    CHECK_WIDTH(ULONG64, 64);
    CHECK_WIDTH(long, 64);
    CHECK_WIDTH(LONG, Acquire);
    CHECK_WIDTH(LONG, Release);
    CHECK_WIDTH(LONG, NoFence);
    CHECK_WIDTH(LONG64, Acquire64);
    CHECK_INTRINSICS(LONG, );
    CHECK_INTRINSICS(long, );
    CHECK_INTRINSICS(short, 16);
    CHECK_INTRINSICS(char, 8);
    CHECK_INTRINSICS(LONG64, 64);

    LONG volatile sum = 1;
    EXPECT(InterlockedAdd(&sum, 4), 5);
    EXPECT(InterlockedBitTestAndSet(&sum, 1), 0);
    EXPECT(sum, 7);
    EXPECT(InterlockedBitTestAndReset(&sum, 0), 1);
    EXPECT(sum, 6);
    EXPECT(InterlockedBitTestAndSet(&sum, 31), 0);
    EXPECT(sum, (LONG)0x80000006);
    EXPECT(InterlockedBitTestAndComplement(&sum, 31), 1);
    EXPECT(sum, 6);

    int a = 0, b = 0;
    PVOID volatile pointer = &a;
    EXPECT(InterlockedExchangePointer(&pointer, &b) == &a, 1);
    EXPECT(InterlockedCompareExchangePointer(&pointer, NULL, &a) == &b, 1);
    EXPECT(InterlockedCompareExchangePointer(&pointer, NULL, &b) == &b, 1);
    EXPECT(pointer == NULL, 1);

#if defined(__x86_64__)
    DECLSPEC_ALIGN(16) LONG64 pair[2] = { 1, 2 };
    LONG64 expected[2] = { 1, 3 };
    EXPECT(InterlockedCompareExchange128(pair, 20, 10, expected), 0);
    EXPECT(expected[1], 2);
    EXPECT(InterlockedCompareExchange128(pair, 20, 10, expected), 1);
    EXPECT(pair[0] == 10 && pair[1] == 20, 1);
#endif
    MemoryBarrier();
    YieldProcessor();
    return different;
}
