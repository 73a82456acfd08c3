/* Directories: _mkdir, _chdir, _getcwd; and mkdir with one argument. */
#ifndef LONGSHORE_DIRECT_H
#define LONGSHORE_DIRECT_H
#pragma GCC system_header

#include <longshore/crt/files/descriptors.h>
#include <unistd.h>

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
/* Makes a directory. [crt mkdir] */
inline int mkdir(const char *path) { return _mkdir(path); }
LONGSHORE_TEMPLATES_END
#else
/* mkdir(path) is Windows', mkdir(path, mode) glibc's: the number of arguments tells. */
#define LONGSHORE_MKDIR(one, two, name, ...) name
#define mkdir(...) LONGSHORE_MKDIR(__VA_ARGS__, mkdir, _mkdir, )(__VA_ARGS__)
#endif

#endif
