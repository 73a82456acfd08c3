/* Directories: _mkdir, _chdir, _getcwd; and mkdir with one argument. */
#ifndef LONGSHORE_DIRECT_H
#define LONGSHORE_DIRECT_H
#pragma GCC system_header

#include <longshore/crt/files/descriptors.h>
#include <unistd.h>

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
inline int mkdir(const char *path) { return _mkdir(path); }
LONGSHORE_TEMPLATES_END
#endif

#endif
