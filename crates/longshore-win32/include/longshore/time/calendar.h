/* Time: the bounded functions in Microsoft's argument order, the 64-bit spellings, and clock()
   in milliseconds. */
#ifndef LONGSHORE_CRT_TIME_H
#define LONGSHORE_CRT_TIME_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <longshore/crt/text/characters.h>
#include <time.h>

/* clock() on Windows is the wall clock since the process started, in milliseconds, and programs
   rely on both. */
#undef CLOCKS_PER_SEC
#define CLOCKS_PER_SEC ((clock_t)1000)
#ifndef CLK_TCK
#define CLK_TCK CLOCKS_PER_SEC
#endif

LONGSHORE_BEGIN

/* time_t, so that the address of either is an address of the other. */
typedef time_t __time64_t;
typedef time_t __time32_t;

LONGSHORE_C(struct tm *, localtime_r, (const time_t *, struct tm *));
LONGSHORE_C(struct tm *, gmtime_r, (const time_t *, struct tm *));
LONGSHORE_C(char *, asctime_r, (const struct tm *, char *));
LONGSHORE_C(time_t, timegm, (struct tm *));
LONGSHORE_C(void, tzset, (void));
/* struct timespec, which strict C99 hides. */
struct longshore_timespec {
    time_t seconds;
    long nanoseconds;
};
LONGSHORE_C(int, clock_gettime, (int, struct longshore_timespec *));
extern long longshore_c_timezone __asm__("__timezone");
extern int longshore_c_daylight __asm__("__daylight");
extern char *longshore_c_tzname[2] __asm__("__tzname");

#define _tzset longshore_c_tzset
#define _timezone longshore_c_timezone
#define _daylight longshore_c_daylight
#define _tzname longshore_c_tzname

/* Milliseconds since the first caller asked: differences are what programs use. One start per
   program. */
__attribute__((weak)) long longshore_clock_start;
LONGSHORE_INLINE clock_t longshore_clock_ms(void)
{
    struct longshore_timespec now;
    long now_ms, start = 0;
    if (longshore_c_clock_gettime(1 /* CLOCK_MONOTONIC */, &now))
        return (clock_t)-1;
    now_ms = now.seconds * 1000 + now.nanoseconds / 1000000 + 1;
    if (__atomic_compare_exchange_n(
            &longshore_clock_start, &start, now_ms, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        start = now_ms;
    return (clock_t)(now_ms - start);
}
/* Gives the time since the process began, in ms. [crt clock] */
extern clock_t clock(void) LONGSHORE_NOEXCEPT __asm__("longshore_clock");
LONGSHORE_REPLACE clock_t clock(void) LONGSHORE_NOEXCEPT { return longshore_clock_ms(); }

LONGSHORE_INLINE errno_t longshore_broken_down(struct tm *parts, const time_t *when, int local)
{
    errno_t error = EINVAL;
    if (parts && when && *when >= 0) {
        if (local ? longshore_c_localtime_r(when, parts) : longshore_c_gmtime_r(when, parts))
            return 0;
        error = errno ? errno : EINVAL;
    }
    if (parts) {
        longshore_c_memset(parts, 0, sizeof *parts);
        parts->tm_sec = parts->tm_min = parts->tm_hour = parts->tm_mday = parts->tm_mon = -1;
        parts->tm_year = parts->tm_wday = parts->tm_yday = parts->tm_isdst = -1;
    }
    return longshore_invalid(error);
}
/* A time as date and time of day. [crt localtime_s, gmtime_s] */
LONGSHORE_INLINE errno_t localtime_s(struct tm *parts, const time_t *when)
{
    return longshore_broken_down(parts, when, 1);
}
LONGSHORE_INLINE errno_t gmtime_s(struct tm *parts, const time_t *when)
{
    return longshore_broken_down(parts, when, 0);
}
#define _localtime64_s localtime_s
#define _localtime32_s localtime_s
#define _gmtime64_s gmtime_s
#define _gmtime32_s gmtime_s
#define _localtime64 localtime
#define _localtime32 localtime
#define _gmtime64 gmtime
#define _gmtime32 gmtime
#define _mktime64 mktime
#define _mktime32 mktime
#define _time64 time
#define _time32 time
#define _ctime64 ctime
#define _ctime32 ctime
#define _difftime64 difftime
#define _difftime32 difftime
/* The time of a date in UTC. [crt _mkgmtime] */
LONGSHORE_INLINE time_t _mkgmtime(struct tm *parts)
{
    return parts ? longshore_c_timegm(parts) : (time_t)-1;
}
#define _mkgmtime64 _mkgmtime
#define _mkgmtime32 _mkgmtime

/* Date and time as text. [crt asctime_s, ctime_s, _wasctime_s] */
LONGSHORE_INLINE errno_t asctime_s(char *buffer, size_t size, const struct tm *parts)
{
    char text[64];
    size_t length;
    if (!buffer || size == 0)
        return longshore_invalid(EINVAL);
    buffer[0] = 0;
    if (!parts || size < 26 || !longshore_c_asctime_r(parts, text))
        return longshore_invalid(EINVAL);
    length = longshore_c_strlen(text) + 1;
    if (length > size)
        return longshore_invalid(EINVAL);
    longshore_c_memcpy(buffer, text, length);
    return 0;
}
LONGSHORE_INLINE errno_t ctime_s(char *buffer, size_t size, const time_t *when)
{
    struct tm parts;
    if (buffer && size)
        buffer[0] = 0;
    if (!buffer || size < 26 || !when || *when < 0)
        return longshore_invalid(EINVAL);
    return longshore_c_localtime_r(when, &parts) ? asctime_s(buffer, size, &parts)
                                                 : longshore_invalid(EINVAL);
}
#define _ctime64_s ctime_s
#define _ctime32_s ctime_s

LONGSHORE_INLINE errno_t _wasctime_s(wchar_t *buffer, size_t size, const struct tm *parts)
{
    char text[64];
    errno_t error;
    if (!buffer || size == 0)
        return longshore_invalid(EINVAL);
    buffer[0] = 0;
    error = size < 26 ? longshore_invalid(EINVAL) : asctime_s(text, sizeof text, parts);
    if (!error)
        longshore_wide_from_utf8(buffer, size, text, longshore_c_strlen(text) + 1);
    return error;
}
LONGSHORE_INLINE errno_t _wctime_s(wchar_t *buffer, size_t size, const time_t *when)
{
    char text[64];
    errno_t error;
    if (!buffer || size == 0)
        return longshore_invalid(EINVAL);
    buffer[0] = 0;
    error = size < 26 ? longshore_invalid(EINVAL) : ctime_s(text, sizeof text, when);
    if (!error)
        longshore_wide_from_utf8(buffer, size, text, longshore_c_strlen(text) + 1);
    return error;
}
LONGSHORE_INLINE wchar_t *_wasctime(const struct tm *parts)
{
    static __thread wchar_t text[64];
    return _wasctime_s(text, _countof(text), parts) ? NULL : text;
}
LONGSHORE_INLINE wchar_t *_wctime(const time_t *when)
{
    static __thread wchar_t text[64];
    return _wctime_s(text, _countof(text), when) ? NULL : text;
}
#define _wctime64 _wctime
#define _wctime64_s _wctime_s

/* "hh:mm:ss" or "mm/dd/yy": nine characters, which is also the least buffer. */
LONGSHORE_INLINE errno_t longshore_now(char text[9], int date)
{
    time_t now = time(NULL);
    struct tm parts;
    int field[3], at;
    if (!longshore_c_localtime_r(&now, &parts))
        return EINVAL;
    field[0] = date ? parts.tm_mon + 1 : parts.tm_hour;
    field[1] = date ? parts.tm_mday : parts.tm_min;
    field[2] = date ? parts.tm_year % 100 : parts.tm_sec;
    for (at = 0; at < 3; ++at) {
        text[at * 3] = (char)('0' + field[at] / 10);
        text[at * 3 + 1] = (char)('0' + field[at] % 10);
        text[at * 3 + 2] = at == 2 ? 0 : date ? '/' : ':';
    }
    return 0;
}
LONGSHORE_INLINE errno_t longshore_now_a(char *buffer, size_t size, int date)
{
    if (!buffer || size < 9) {
        if (buffer && size)
            buffer[0] = 0;
        return longshore_invalid(buffer && size ? ERANGE : EINVAL);
    }
    return longshore_now(buffer, date);
}
LONGSHORE_INLINE errno_t longshore_now_w(wchar_t *buffer, size_t size, int date)
{
    char text[9];
    errno_t error;
    if (!buffer || size < 9) {
        if (buffer && size)
            buffer[0] = 0;
        return longshore_invalid(buffer && size ? ERANGE : EINVAL);
    }
    error = longshore_now(text, date);
    if (!error)
        longshore_wide_from_utf8(buffer, size, text, sizeof text);
    return error;
}
/* The present time or date as text. [crt _strtime_s, _strdate_s] */
LONGSHORE_INLINE errno_t _strtime_s(char *buffer, size_t size)
{
    return longshore_now_a(buffer, size, 0);
}
LONGSHORE_INLINE errno_t _strdate_s(char *buffer, size_t size)
{
    return longshore_now_a(buffer, size, 1);
}
LONGSHORE_INLINE errno_t _wstrtime_s(wchar_t *buffer, size_t size)
{
    return longshore_now_w(buffer, size, 0);
}
LONGSHORE_INLINE errno_t _wstrdate_s(wchar_t *buffer, size_t size)
{
    return longshore_now_w(buffer, size, 1);
}
LONGSHORE_INLINE char *_strtime(char *buffer) { return _strtime_s(buffer, 9) ? NULL : buffer; }
LONGSHORE_INLINE char *_strdate(char *buffer) { return _strdate_s(buffer, 9) ? NULL : buffer; }
LONGSHORE_INLINE wchar_t *_wstrtime(wchar_t *buffer)
{
    return _wstrtime_s(buffer, 9) ? NULL : buffer;
}
LONGSHORE_INLINE wchar_t *_wstrdate(wchar_t *buffer)
{
    return _wstrdate_s(buffer, 9) ? NULL : buffer;
}

/* The time zone. [crt _get_timezone, _get_daylight, _get_dstbias] */
LONGSHORE_INLINE errno_t _get_timezone(long *seconds)
{
    if (!seconds)
        return longshore_invalid(EINVAL);
    *seconds = longshore_c_timezone;
    return 0;
}
LONGSHORE_INLINE errno_t _get_daylight(int *hours)
{
    if (!hours)
        return longshore_invalid(EINVAL);
    *hours = longshore_c_daylight;
    return 0;
}
LONGSHORE_INLINE errno_t _get_dstbias(long *seconds)
{
    if (!seconds)
        return longshore_invalid(EINVAL);
    *seconds = longshore_c_daylight ? -3600 : 0;
    return 0;
}

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size> inline errno_t asctime_s(char (&buffer)[Size], const struct tm *parts)
{
    return asctime_s(buffer, Size, parts);
}
template <size_t Size> inline errno_t ctime_s(char (&buffer)[Size], const time_t *when)
{
    return ctime_s(buffer, Size, when);
}
template <size_t Size> inline errno_t _wctime_s(wchar_t (&buffer)[Size], const time_t *when)
{
    return _wctime_s(buffer, Size, when);
}
template <size_t Size>
inline errno_t _strtime_s(char (&buffer)[Size])
{
    return _strtime_s(buffer, Size);
}
template <size_t Size>
inline errno_t _strdate_s(char (&buffer)[Size])
{
    return _strdate_s(buffer, Size);
}
template <size_t Size>
inline errno_t _wstrtime_s(wchar_t (&buffer)[Size])
{
    return _wstrtime_s(buffer, Size);
}
template <size_t Size>
inline errno_t _wstrdate_s(wchar_t (&buffer)[Size])
{
    return _wstrdate_s(buffer, Size);
}
/* __int64 variables, where a program keeps its own idea of __time64_t. */
inline errno_t localtime_s(struct tm *parts, const long long *when)
{
    const time_t copy = when ? (time_t)*when : -1;
    return localtime_s(parts, &copy);
}
inline errno_t gmtime_s(struct tm *parts, const long long *when)
{
    const time_t copy = when ? (time_t)*when : -1;
    return gmtime_s(parts, &copy);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
