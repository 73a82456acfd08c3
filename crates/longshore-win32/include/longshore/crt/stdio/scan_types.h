/*
 * Which arguments of scanf point to a `long`, which has eight bytes here where Windows' has four.
 *
 * A format says %lu for DWORD and for unsigned long alike, and only the call knows which of the two
 * it passes. So scanf and its kin take a bit for each argument from the format on: a `long` gets
 * eight bytes, everything else that %ld, %lu, %lx, %li, %lo and %ln name gets four. In C a macro
 * finds the bits, in C++ an overload. What is called through a va_list or a pointer gets four.
 */
#ifndef LONGSHORE_CRT_SCAN_TYPES_H
#define LONGSHORE_CRT_SCAN_TYPES_H
#pragma GCC system_header

#include <longshore/crt/base.h>

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
namespace longshore {
template <class T> struct points_to_long {
    static constexpr unsigned long long value = 0;
};
template <> struct points_to_long<long *> {
    static constexpr unsigned long long value = 1;
};
template <> struct points_to_long<unsigned long *> {
    static constexpr unsigned long long value = 1;
};
/* The first argument of the list is the format's neighbour: bit 1. */
template <class... A> struct longs {
    static constexpr unsigned long long value = 0;
};
template <class First, class... Rest> struct longs<First, Rest...> {
    static constexpr unsigned long long value =
        (points_to_long<First>::value << 1) | (longs<Rest...>::value << 1);
};
} /* namespace longshore */
LONGSHORE_TEMPLATES_END
#else
#define LONGSHORE_IS_LONG(index, argument) \
    ((unsigned long long)_Generic((argument), long *: 1, unsigned long *: 1, default: 0) << (index))
#define LONGSHORE_LONGS_1(i, x) LONGSHORE_IS_LONG(i, x)
#define LONGSHORE_LONGS_2(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_1((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_3(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_2((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_4(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_3((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_5(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_4((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_6(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_5((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_7(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_6((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_8(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_7((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_9(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_8((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_10(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_9((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_11(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_10((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_12(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_11((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_13(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_12((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_14(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_13((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_15(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_14((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_16(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_15((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_17(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_16((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_18(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_17((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_19(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_18((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_20(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_19((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_21(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_20((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_22(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_21((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_23(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_22((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_24(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_23((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_25(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_24((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_26(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_25((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_27(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_26((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_28(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_27((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_29(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_28((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_30(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_29((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_31(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_30((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_32(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_31((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_33(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_32((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_34(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_33((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_35(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_34((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_36(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_35((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_37(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_36((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_38(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_37((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_39(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_38((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_40(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_39((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_41(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_40((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_42(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_41((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_43(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_42((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_44(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_43((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_45(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_44((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_46(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_45((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_47(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_46((i) + 1, __VA_ARGS__))
#define LONGSHORE_LONGS_48(i, x, ...) \
    (LONGSHORE_IS_LONG(i, x) | LONGSHORE_LONGS_47((i) + 1, __VA_ARGS__))
#define LONGSHORE_COUNTED( \
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, \
    a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, \
    a40, a41, a42, a43, a44, a45, a46, a47, a48, name, ...) \
    name
/* The bits of a list whose first is the format. */
#define LONGSHORE_LONGS(...)                                                                   \
    LONGSHORE_COUNTED(__VA_ARGS__, LONGSHORE_LONGS_48, LONGSHORE_LONGS_47, LONGSHORE_LONGS_46, \
        LONGSHORE_LONGS_45, LONGSHORE_LONGS_44, LONGSHORE_LONGS_43, LONGSHORE_LONGS_42,        \
        LONGSHORE_LONGS_41, LONGSHORE_LONGS_40, LONGSHORE_LONGS_39, LONGSHORE_LONGS_38,        \
        LONGSHORE_LONGS_37, LONGSHORE_LONGS_36, LONGSHORE_LONGS_35, LONGSHORE_LONGS_34,        \
        LONGSHORE_LONGS_33, LONGSHORE_LONGS_32, LONGSHORE_LONGS_31, LONGSHORE_LONGS_30,        \
        LONGSHORE_LONGS_29, LONGSHORE_LONGS_28, LONGSHORE_LONGS_27, LONGSHORE_LONGS_26,        \
        LONGSHORE_LONGS_25, LONGSHORE_LONGS_24, LONGSHORE_LONGS_23, LONGSHORE_LONGS_22,        \
        LONGSHORE_LONGS_21, LONGSHORE_LONGS_20, LONGSHORE_LONGS_19, LONGSHORE_LONGS_18,        \
        LONGSHORE_LONGS_17, LONGSHORE_LONGS_16, LONGSHORE_LONGS_15, LONGSHORE_LONGS_14,        \
        LONGSHORE_LONGS_13, LONGSHORE_LONGS_12, LONGSHORE_LONGS_11, LONGSHORE_LONGS_10,        \
        LONGSHORE_LONGS_9, LONGSHORE_LONGS_8, LONGSHORE_LONGS_7, LONGSHORE_LONGS_6,            \
        LONGSHORE_LONGS_5, LONGSHORE_LONGS_4, LONGSHORE_LONGS_3, LONGSHORE_LONGS_2,            \
        LONGSHORE_LONGS_1, 0)                                                                  \
    (0, __VA_ARGS__)
#endif

#endif
