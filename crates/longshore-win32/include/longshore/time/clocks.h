/* Longshore: clocks, file times, and the multimedia timer. */
#ifndef LONGSHORE_CLOCKS_H
#define LONGSHORE_CLOCKS_H

#include <longshore/abi/types.h>

#define TIME_ZONE_ID_UNKNOWN    0
#define TIME_ZONE_ID_STANDARD   1
#define TIME_ZONE_ID_DAYLIGHT   2
#define TIMERR_NOERROR          0
#define TIMERR_NOCANDO          97
#define TIME_ONESHOT            0
#define TIME_PERIODIC           1
#define TIME_CALLBACK_FUNCTION  0
#define TIME_CALLBACK_EVENT_SET 16
#define TIME_KILL_SYNCHRONOUS   256
#define TIME_ZONE_ID_INVALID ((DWORD)0xFFFFFFFF)
#define MMSYSERR_NOERROR 0

typedef struct _TIME_ZONE_INFORMATION {
    LONG       Bias;
    WCHAR      StandardName[32];
    SYSTEMTIME StandardDate;
    LONG       StandardBias;
    WCHAR      DaylightName[32];
    SYSTEMTIME DaylightDate;
    LONG       DaylightBias;
} TIME_ZONE_INFORMATION, *PTIME_ZONE_INFORMATION, *LPTIME_ZONE_INFORMATION;
typedef struct _TIME_DYNAMIC_ZONE_INFORMATION {
    LONG       Bias;
    WCHAR      StandardName[32];
    SYSTEMTIME StandardDate;
    LONG       StandardBias;
    WCHAR      DaylightName[32];
    SYSTEMTIME DaylightDate;
    LONG       DaylightBias;
    WCHAR      TimeZoneKeyName[128];
    BOOLEAN    DynamicDaylightTimeDisabled;
} DYNAMIC_TIME_ZONE_INFORMATION, *PDYNAMIC_TIME_ZONE_INFORMATION;

typedef UINT MMRESULT;
typedef struct timecaps_tag { UINT wPeriodMin; UINT wPeriodMax; } TIMECAPS, *PTIMECAPS, *LPTIMECAPS;
typedef void(CALLBACK *LPTIMECALLBACK)(
    UINT uTimerID, UINT uMsg, DWORD_PTR dwUser, DWORD_PTR dw1, DWORD_PTR dw2);

LONGSHORE_C_BEGIN
/* Gives the ms since the system started; wraps after 49.7 days. [sysinfoapi.h GetTickCount] */
DWORD WINAPI GetTickCount(VOID);
/* Gives the ms since the system started, sleep included. [sysinfoapi.h GetTickCount64] */
ULONGLONG WINAPI GetTickCount64(VOID);
/* Reads the performance counter, which never goes back. [profileapi.h QueryPerformanceCounter] */
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
/* Gives the frequency of the performance counter: 10 MHz.
   [profileapi.h QueryPerformanceFrequency] */
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);
/* Gives the time since the start, in 100 ns, sleep included.
   [realtimeapiset.h QueryInterruptTime] */
VOID WINAPI QueryInterruptTime(PULONGLONG lpInterruptTime);
/* Gives the time since the start, in 100 ns, sleep included.
   [realtimeapiset.h QueryInterruptTimePrecise] */
VOID WINAPI QueryInterruptTimePrecise(PULONGLONG lpInterruptTimePrecise);
/* Gives the time since the start, in 100 ns, without sleep.
   [realtimeapiset.h QueryUnbiasedInterruptTimePrecise] */
VOID WINAPI QueryUnbiasedInterruptTimePrecise(PULONGLONG lpUnbiasedInterruptTimePrecise);
/* Gives the time since the start, in 100 ns, without sleep.
   [realtimeapiset.h QueryUnbiasedInterruptTime] */
BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime);
/* Gives date and time, in UTC. [sysinfoapi.h GetSystemTime] */
VOID WINAPI GetSystemTime(LPSYSTEMTIME lpSystemTime);
/* Sets the clock: ERROR_PRIVILEGE_NOT_HELD. [sysinfoapi.h SetSystemTime] */
LONGSHORE_ABSENT(SetSystemTime)
BOOL WINAPI SetSystemTime(const SYSTEMTIME *lpSystemTime);
/* Gives local date and time. [sysinfoapi.h GetLocalTime] */
VOID WINAPI GetLocalTime(LPSYSTEMTIME lpSystemTime);
/* Sets the clock: ERROR_PRIVILEGE_NOT_HELD. [sysinfoapi.h SetLocalTime] */
LONGSHORE_ABSENT(SetLocalTime)
BOOL WINAPI SetLocalTime(const SYSTEMTIME *lpSystemTime);
/* Gives the time of day, in UTC. [sysinfoapi.h GetSystemTimeAsFileTime] */
VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
/* Gives the time of day, in UTC. [sysinfoapi.h GetSystemTimePreciseAsFileTime] */
VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
/* Tells how the clock is adjusted: it is not. [sysinfoapi.h GetSystemTimeAdjustment] */
BOOL WINAPI GetSystemTimeAdjustment(PDWORD lpTimeAdjustment, PDWORD lpTimeIncrement,
    PBOOL lpTimeAdjustmentDisabled);
/* Converts a date and time to a file time. [timezoneapi.h SystemTimeToFileTime] */
BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime);
/* Converts a file time to a date and time. [timezoneapi.h FileTimeToSystemTime] */
BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime);
/* Converts UTC to local time by the offset of today. [fileapi.h FileTimeToLocalFileTime] */
BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime, LPFILETIME lpLocalFileTime);
/* Converts local time to UTC by the offset of today. [fileapi.h LocalFileTimeToFileTime] */
BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *lpLocalFileTime, LPFILETIME lpFileTime);
/* Converts a file time to the words of FAT. [winbase.h FileTimeToDosDateTime] */
BOOL WINAPI FileTimeToDosDateTime(const FILETIME *lpFileTime, LPWORD lpFatDate, LPWORD lpFatTime);
/* Converts the words of FAT to a file time. [winbase.h DosDateTimeToFileTime] */
BOOL WINAPI DosDateTimeToFileTime(WORD wFatDate, WORD wFatTime, LPFILETIME lpFileTime);
/* Compares two file times: -1, 0 or 1. [fileapi.h CompareFileTime] */
LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1, const FILETIME *lpFileTime2);
/* Describes the time zone; gives which part of the year it is.
   [timezoneapi.h GetTimeZoneInformation] */
DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION lpTimeZoneInformation);
/* Describes the time zone, with its key name. [timezoneapi.h GetDynamicTimeZoneInformation] */
DWORD WINAPI GetDynamicTimeZoneInformation(PDYNAMIC_TIME_ZONE_INFORMATION pTimeZoneInformation);
/* Converts UTC to local time; NULL is the process's zone.
   [timezoneapi.h SystemTimeToTzSpecificLocalTime] */
BOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *lpTimeZoneInformation,
    const SYSTEMTIME *lpUniversalTime, LPSYSTEMTIME lpLocalTime);
/* Converts local time to UTC; NULL is the process's zone.
   [timezoneapi.h TzSpecificLocalTimeToSystemTime] */
BOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *lpTimeZoneInformation,
    const SYSTEMTIME *lpLocalTime, LPSYSTEMTIME lpUniversalTime);

/* Gives the ms since the system started. [timeapi.h timeGetTime] */
DWORD WINAPI timeGetTime(void);
/* Accepted: timers are as fine as they can be. [timeapi.h timeBeginPeriod] */
MMRESULT WINAPI timeBeginPeriod(UINT uPeriod);
/* Accepted: timers are as fine as they can be. [timeapi.h timeEndPeriod] */
MMRESULT WINAPI timeEndPeriod(UINT uPeriod);
/* Gives the finest and the coarsest period, in ms. [timeapi.h timeGetDevCaps] */
MMRESULT WINAPI timeGetDevCaps(LPTIMECAPS ptc, UINT cbtc);
/* Calls a function or signals an event after a time, once or periodically.
   [mmsystem.h timeSetEvent] */
MMRESULT WINAPI timeSetEvent(UINT uDelay, UINT uResolution, LPTIMECALLBACK fptc, DWORD_PTR dwUser,
    UINT fuEvent);
/* Stops a timer; may wait for its function. [mmsystem.h timeKillEvent] */
MMRESULT WINAPI timeKillEvent(UINT uTimerID);
LONGSHORE_C_END

#endif
