/* _findfirst, _findnext, _findclose and their wide twins: a directory read through, names
   matched as cmd.exe does. */
#ifndef LONGSHORE_CRT_FIND_H
#define LONGSHORE_CRT_FIND_H
#pragma GCC system_header

#include <dirent.h>
#include <longshore/crt/files/stat.h>
#include <longshore/crt/text/string.h>
#include <longshore/crt/text/characters.h>

#define _A_NORMAL 0x00
#define _A_RDONLY 0x01
#define _A_HIDDEN 0x02
#define _A_SYSTEM 0x04
#define _A_SUBDIR 0x10
#define _A_ARCH 0x20

LONGSHORE_BEGIN

typedef unsigned int _fsize_t;
struct _finddata64_t {
    unsigned int attrib;
    time_t time_create;
    time_t time_access;
    time_t time_write;
    long long size;
    char name[260];
};
struct _wfinddata64_t {
    unsigned int attrib;
    time_t time_create;
    time_t time_access;
    time_t time_write;
    long long size;
    wchar_t name[260];
};
#define _finddata_t _finddata64_t
#define __finddata64_t _finddata64_t
#define _finddata64i32_t _finddata64_t
#define _finddatai64_t _finddata64_t
#define _wfinddata_t _wfinddata64_t
#define _wfinddata64i32_t _wfinddata64_t
#define _wfinddatai64_t _wfinddata64_t
#define _findfirst _findfirst64
#define _findfirsti64 _findfirst64
#define _findfirst64i32 _findfirst64
#define _findnext _findnext64
#define _findnexti64 _findnext64
#define _findnext64i32 _findnext64
#define _wfindfirst _wfindfirst64
#define _wfindnext _wfindnext64

struct longshore_finding {
    DIR *directory;
    char *folder;
    const char *pattern; /* inside `folder`'s block */
};

/* * and ? without regard to case; "*.*" is every name, as it always was. */
LONGSHORE_INLINE int longshore_name_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;
    if (pattern[0] == '*' && pattern[1] == '.' && pattern[2] == '*' && !pattern[3])
        return 1;
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            resume = name;
        } else if (*pattern == '?' || longshore_c_tolower((unsigned char)*pattern) ==
                                          longshore_c_tolower((unsigned char)*name)) {
            ++pattern;
            ++name;
        } else if (star) {
            pattern = star + 1;
            name = ++resume;
        } else {
            return 0;
        }
    }
    while (*pattern == '*')
        ++pattern;
    return !*pattern;
}
/* Ends a search. [crt _findclose] */
LONGSHORE_INLINE int _findclose(intptr_t handle)
{
    struct longshore_finding *finding = (struct longshore_finding *)handle;
    if (handle == -1 || !finding) {
        errno = EINVAL;
        return -1;
    }
    closedir(finding->directory);
    longshore_c_free(finding->folder);
    longshore_c_free(finding);
    return 0;
}
/* The next file that matches. [crt _findnext64] */
LONGSHORE_INLINE int _findnext64(intptr_t handle, struct _finddata64_t *found)
{
    struct longshore_finding *finding = (struct longshore_finding *)handle;
    struct dirent *entry;
    if (handle == -1 || !finding || !found) {
        errno = EINVAL;
        return -1;
    }
    while ((entry = readdir(finding->directory)) != NULL) {
        struct _stat64 status;
        char path[4096];
        size_t folder = longshore_c_strlen(finding->folder),
               name = longshore_c_strlen(entry->d_name);
        if (!longshore_name_matches(finding->pattern, entry->d_name) ||
            name >= sizeof found->name || folder + name >= sizeof path)
            continue;
        longshore_c_memcpy(path, finding->folder, folder);
        longshore_c_memcpy(path + folder, entry->d_name, name + 1);
        longshore_c_memset(found, 0, sizeof *found);
        longshore_c_memcpy(found->name, entry->d_name, name + 1);
        if (_stat64(path, &status) == 0) {
            found->attrib = (status.st_mode & _S_IFMT) == _S_IFDIR ? _A_SUBDIR : _A_ARCH;
            if (!(status.st_mode & _S_IWRITE))
                found->attrib |= _A_RDONLY;
            found->size = found->attrib & _A_SUBDIR ? 0 : status.st_size;
            found->time_access = status.st_atime;
            found->time_write = status.st_mtime;
            found->time_create = status.st_mtime;
        }
        return 0;
    }
    errno = ENOENT;
    return -1;
}
/* The first file that matches a pattern. [crt _findfirst64] */
LONGSHORE_INLINE intptr_t _findfirst64(const char *pattern, struct _finddata64_t *found)
{
    struct longshore_finding *finding;
    char *folder, *slash, *next;
    size_t length;
    if (!pattern || !found || !*pattern) {
        longshore_invalid(EINVAL);
        return -1;
    }
    length = longshore_c_strlen(pattern);
    /* "folder/" and "pattern" in one block; a pattern without a folder gets "./". */
    folder = (char *)longshore_c_malloc(length + 4);
    finding = (struct longshore_finding *)longshore_c_malloc(sizeof *finding);
    if (!folder || !finding) {
        longshore_c_free(folder);
        longshore_c_free(finding);
        errno = ENOMEM;
        return -1;
    }
    longshore_c_memcpy(folder, pattern, length + 1);
    slash = NULL;
    for (next = folder; *next; ++next) {
        if (*next == '\\')
            *next = '/';
        if (*next == '/')
            slash = next;
    }
    if (slash) {
        longshore_c_memmove(slash + 2, slash + 1, longshore_c_strlen(slash + 1) + 1);
        slash[1] = 0;
        finding->pattern = slash + 2;
    } else {
        longshore_c_memmove(folder + 3, folder, length + 1);
        longshore_c_memcpy(folder, "./", 3);
        finding->pattern = folder + 3;
    }
    finding->folder = folder;
    finding->directory = opendir(folder);
    if (!finding->directory) {
        longshore_c_free(folder);
        longshore_c_free(finding);
        errno = ENOENT;
        return -1;
    }
    if (_findnext64((intptr_t)finding, found)) {
        _findclose((intptr_t)finding);
        errno = ENOENT;
        return -1;
    }
    return (intptr_t)finding;
}
LONGSHORE_INLINE void longshore_widen_found(
    const struct _finddata64_t *from, struct _wfinddata64_t *to)
{
    to->attrib = from->attrib;
    to->time_create = from->time_create;
    to->time_access = from->time_access;
    to->time_write = from->time_write;
    to->size = from->size;
    longshore_wide_from_utf8(to->name, 260, from->name, longshore_c_strlen(from->name) + 1);
}
/* A search with wide characters. [crt _wfindnext64, _wfindfirst64] */
LONGSHORE_INLINE int _wfindnext64(intptr_t handle, struct _wfinddata64_t *found)
{
    struct _finddata64_t narrow;
    int result = _findnext64(handle, &narrow);
    if (result == 0)
        longshore_widen_found(&narrow, found);
    return result;
}
LONGSHORE_INLINE intptr_t _wfindfirst64(const wchar_t *pattern, struct _wfinddata64_t *found)
{
    struct _finddata64_t narrow;
    char *text = longshore_utf8_copy(pattern);
    intptr_t handle = _findfirst64(text, &narrow);
    longshore_c_free(text);
    if (handle != -1)
        longshore_widen_found(&narrow, found);
    return handle;
}

LONGSHORE_END

#endif
