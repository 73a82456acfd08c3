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

/* A path from malloc as Linux has it: slashes for backslashes; no `\\?\` and no drive, or the
   directory of LONGSHORE_DRIVE_C in its place, as CreateFile takes them. */
LONGSHORE_INLINE char *longshore_linux_path(char *path)
{
    char name[] = "LONGSHORE_DRIVE_C";
    const char *directory;
    char *next, *whole;
    size_t skipped = 0, length, more;
    for (next = path; *next; ++next)
        if (*next == '\\')
            *next = '/';
    if (path[0] == '/' && path[1] == '/' && (path[2] == '?' || path[2] == '.') && path[3] == '/' &&
        path[4] && path[5] == ':')
        skipped = 4;
    if (!((path[skipped] | 32) >= 'a' && (path[skipped] | 32) <= 'z' && path[skipped + 1] == ':'))
        return path;
    name[sizeof name - 2] = (char)(path[skipped] & ~32);
    skipped += 2;
    directory = path[skipped] == '/' ? longshore_c_getenv(name) : NULL;
    length = longshore_c_strlen(path + skipped) + 1;
    more = directory ? longshore_c_strlen(directory) : 0;
    whole = (char *)longshore_c_malloc(more + length + 1);
    if (whole) {
        if (more)
            longshore_c_memcpy(whole, directory, more);
        longshore_c_memcpy(whole + more, path + skipped, length);
        /* `C:` alone is where the program is. */
        if (!whole[0])
            longshore_c_memcpy(whole, ".", 2);
    }
    longshore_c_free(path);
    return whole;
}
/* The path of a name, from malloc. */
LONGSHORE_INLINE char *longshore_path_copy(const char *path)
{
    size_t size;
    char *copy;
    if (!path) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    size = longshore_c_strlen(path) + 1;
    copy = (char *)longshore_c_malloc(size);
    if (copy)
        copy = longshore_linux_path((char *)longshore_c_memcpy(copy, path, size));
    if (!copy)
        errno = ENOMEM;
    return copy;
}
LONGSHORE_INLINE char *longshore_wide_path_copy(const wchar_t *path)
{
    char *copy = longshore_utf8_copy(path);
    if (copy)
        copy = longshore_linux_path(copy);
    if (!copy)
        longshore_invalid(path ? ENOMEM : EINVAL);
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
