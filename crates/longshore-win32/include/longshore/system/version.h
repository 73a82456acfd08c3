/* Longshore: questions about the version of Windows. Longshore answers as Windows 10 does. */
#ifndef LONGSHORE_VERSIONHELPERS_H
#define LONGSHORE_VERSIONHELPERS_H

#include <longshore/system/system_info.h>

/* The version of Windows. [versionhelpers.h IsWindowsVersionOrGreater] */
static inline BOOL IsWindowsVersionOrGreater(WORD major, WORD minor, WORD service_pack)
{
    (void)service_pack;
    return major < 10 || (major == 10 && minor == 0);
}
static inline BOOL IsWindowsXPOrGreater(void) { return TRUE; }
static inline BOOL IsWindowsXPSP1OrGreater(void) { return TRUE; }
static inline BOOL IsWindowsXPSP2OrGreater(void) { return TRUE; }
static inline BOOL IsWindowsXPSP3OrGreater(void) { return TRUE; }
static inline BOOL IsWindowsVistaOrGreater(void) { return TRUE; }
static inline BOOL IsWindowsVistaSP1OrGreater(void) { return TRUE; }
static inline BOOL IsWindowsVistaSP2OrGreater(void) { return TRUE; }
static inline BOOL IsWindows7OrGreater(void) { return TRUE; }
static inline BOOL IsWindows7SP1OrGreater(void) { return TRUE; }
static inline BOOL IsWindows8OrGreater(void) { return TRUE; }
static inline BOOL IsWindows8Point1OrGreater(void) { return TRUE; }
static inline BOOL IsWindows10OrGreater(void) { return TRUE; }
static inline BOOL IsWindowsServer(void) { return FALSE; }

#endif
