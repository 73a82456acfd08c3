/* _utime and struct _utimbuf. */
#ifndef LONGSHORE_SYS_UTIME_H
#define LONGSHORE_SYS_UTIME_H
#pragma GCC system_header

#include <utime.h>
#include <longshore/crt/files/path.h>

#define _utimbuf utimbuf
#define __utimbuf64 utimbuf

LONGSHORE_BEGIN
LONGSHORE_INLINE int longshore_utime(char *plain, const struct utimbuf *times)
{
    int result = plain ? utime(plain, times) : -1;
    longshore_c_free(plain);
    return result;
}
/* Sets the times of access and of writing of a file. [crt _utime] */
LONGSHORE_INLINE int _utime(const char *path, const struct utimbuf *times)
{
    return longshore_utime(longshore_path_copy(path), times);
}
LONGSHORE_INLINE int _wutime(const wchar_t *path, const struct utimbuf *times)
{
    return longshore_utime(longshore_wide_path_copy(path), times);
}
#define _utime64 _utime
#define _wutime64 _wutime
LONGSHORE_END

#endif
