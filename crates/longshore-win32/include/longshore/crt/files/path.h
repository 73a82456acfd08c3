/* Paths as programs for Windows write them, and taking them apart. */
#ifndef LONGSHORE_CRT_PATH_H
#define LONGSHORE_CRT_PATH_H
#pragma GCC system_header

#include <longshore/crt/base.h>
#include <longshore/crt/text/characters.h>

#ifndef _MAX_PATH
#define _MAX_PATH 260
#endif
#ifndef _MAX_DRIVE
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#endif

LONGSHORE_BEGIN

/* A copy with slashes for backslashes, from malloc. */
LONGSHORE_INLINE char *longshore_path_copy(const char *path)
{
    size_t size, at;
    char *copy;
    if (!path) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    size = longshore_c_strlen(path) + 1;
    copy = (char *)longshore_c_malloc(size);
    if (!copy) {
        errno = ENOMEM;
        return NULL;
    }
    for (at = 0; at < size; ++at)
        copy[at] = path[at] == '\\' ? '/' : path[at];
    return copy;
}
LONGSHORE_INLINE char *longshore_wide_path_copy(const wchar_t *path)
{
    char *copy = longshore_utf8_copy(path);
    char *next;
    if (!copy) {
        longshore_invalid(path ? ENOMEM : EINVAL);
        return NULL;
    }
    for (next = copy; *next; ++next)
        if (*next == '\\')
            *next = '/';
    return copy;
}

#define LONGSHORE_CHAR char
#define LONGSHORE_PATH(name) _##name
#define LONGSHORE_OWN(name) longshore_path_##name
#define LONGSHORE_LENGTH longshore_c_strlen
#include <longshore/crt/files/path.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_PATH
#undef LONGSHORE_OWN
#undef LONGSHORE_LENGTH

#define LONGSHORE_CHAR wchar_t
#define LONGSHORE_PATH(name) _w##name
#define LONGSHORE_OWN(name) longshore_wide_path_##name
#define LONGSHORE_LENGTH longshore_c_wcslen
#include <longshore/crt/files/path.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_PATH
#undef LONGSHORE_OWN
#undef LONGSHORE_LENGTH

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Drive, size_t Directory, size_t Name, size_t Extension>
inline errno_t _splitpath_s(const char *path, char (&drive)[Drive], char (&directory)[Directory],
    char (&name)[Name], char (&extension)[Extension])
{
    return _splitpath_s(path, drive, Drive, directory, Directory, name, Name, extension, Extension);
}
template <size_t Drive, size_t Directory, size_t Name, size_t Extension>
inline errno_t _wsplitpath_s(const wchar_t *path, wchar_t (&drive)[Drive],
    wchar_t (&directory)[Directory], wchar_t (&name)[Name], wchar_t (&extension)[Extension])
{
    return _wsplitpath_s(
        path, drive, Drive, directory, Directory, name, Name, extension, Extension);
}
template <size_t Size>
inline errno_t _makepath_s(char (&path)[Size], const char *drive, const char *directory,
    const char *name, const char *extension)
{
    return _makepath_s(path, Size, drive, directory, name, extension);
}
template <size_t Size>
inline errno_t _wmakepath_s(wchar_t (&path)[Size], const wchar_t *drive, const wchar_t *directory,
                            const wchar_t *name, const wchar_t *extension)
{
    return _wmakepath_s(path, Size, drive, directory, name, extension);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
