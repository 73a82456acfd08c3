/* Time with milliseconds. */
#ifndef LONGSHORE_SYS_TIMEB_H
#define LONGSHORE_SYS_TIMEB_H
#pragma GCC system_header

#include <longshore/time/calendar.h>

LONGSHORE_BEGIN

struct timeb {
    time_t time;
    unsigned short millitm;
    short timezone; /* minutes west of UTC */
    short dstflag;
};
#define _timeb timeb
#define __timeb64 timeb
#define __timeb32 timeb

/* The time of day with milliseconds, and the time zone. [crt _ftime_s] */
LONGSHORE_INLINE errno_t _ftime_s(struct timeb *now)
{
    struct longshore_timespec real;
    struct tm parts;
    if (!now)
        return longshore_invalid(EINVAL);
    if (longshore_c_clock_gettime(0 /* CLOCK_REALTIME */, &real))
        return errno;
    longshore_c_tzset();
    now->time = real.seconds;
    now->millitm = (unsigned short)(real.nanoseconds / 1000000);
    now->timezone = (short)(longshore_c_timezone / 60);
    now->dstflag = (short)(longshore_c_localtime_r(&now->time, &parts) && parts.tm_isdst > 0);
    return 0;
}
LONGSHORE_INLINE void _ftime(struct timeb *now) { _ftime_s(now); }
LONGSHORE_INLINE int longshore_ftime(struct timeb *now) { return _ftime_s(now) ? -1 : 0; }
#define _ftime64 _ftime
#define _ftime32 _ftime
#define _ftime64_s _ftime_s
#define _ftime32_s _ftime_s
#define ftime longshore_ftime

LONGSHORE_END

#endif
