/* Floating point: Microsoft's classification names, and the control word, which is accepted and
   left as it is. */
#ifndef LONGSHORE_CRT_MATH_H
#define LONGSHORE_CRT_MATH_H
#pragma GCC system_header

#include <longshore/crt/base.h>

#define _FPCLASS_SNAN 0x0001
#define _FPCLASS_QNAN 0x0002
#define _FPCLASS_NINF 0x0004
#define _FPCLASS_NN 0x0008
#define _FPCLASS_ND 0x0010
#define _FPCLASS_NZ 0x0020
#define _FPCLASS_PZ 0x0040
#define _FPCLASS_PD 0x0080
#define _FPCLASS_PN 0x0100
#define _FPCLASS_PINF 0x0200

#define _MCW_EM 0x0008001f
#define _EM_INEXACT 0x00000001
#define _EM_UNDERFLOW 0x00000002
#define _EM_OVERFLOW 0x00000004
#define _EM_ZERODIVIDE 0x00000008
#define _EM_INVALID 0x00000010
#define _EM_DENORMAL 0x00080000
#define _MCW_RC 0x00000300
#define _RC_NEAR 0x00000000
#define _RC_DOWN 0x00000100
#define _RC_UP 0x00000200
#define _RC_CHOP 0x00000300
#define _MCW_PC 0x00030000
#define _PC_64 0x00000000
#define _PC_53 0x00010000
#define _PC_24 0x00020000
#define _MCW_DN 0x03000000
#define _CW_DEFAULT (_RC_NEAR | _PC_53 | _MCW_EM)

LONGSHORE_BEGIN

/* The classes of numbers, and their signs. [crt _isnan, _finite, _copysign] */
LONGSHORE_INLINE int _isnan(double value) { return __builtin_isnan(value); }
LONGSHORE_INLINE int _finite(double value) { return __builtin_isfinite(value) != 0; }
LONGSHORE_INLINE double _copysign(double value, double sign)
{
    return __builtin_copysign(value, sign);
}
LONGSHORE_INLINE double _chgsign(double value) { return -value; }
LONGSHORE_INLINE double _hypot(double x, double y) { return __builtin_hypot(x, y); }
LONGSHORE_INLINE int _fpclass(double value)
{
    int negative = __builtin_signbit(value) != 0;
    if (__builtin_isnan(value))
        return _FPCLASS_QNAN;
    if (__builtin_isinf_sign(value))
        return negative ? _FPCLASS_NINF : _FPCLASS_PINF;
    if (value == 0)
        return negative ? _FPCLASS_NZ : _FPCLASS_PZ;
    if (!__builtin_isnormal(value))
        return negative ? _FPCLASS_ND : _FPCLASS_PD;
    return negative ? _FPCLASS_NN : _FPCLASS_PN;
}
/* The floating-point environment stays the default. [crt _controlfp] */
LONGSHORE_INLINE unsigned int _controlfp(unsigned int control, unsigned int mask)
{
    (void)control;
    (void)mask;
    return _CW_DEFAULT;
}
#define _control87 _controlfp
LONGSHORE_INLINE errno_t _controlfp_s(
    unsigned int *current, unsigned int control, unsigned int mask)
{
    if (current)
        *current = _controlfp(control, mask);
    return 0;
}
LONGSHORE_INLINE unsigned int _clearfp(void) { return 0; }
LONGSHORE_INLINE unsigned int _statusfp(void) { return 0; }

LONGSHORE_END

#endif
