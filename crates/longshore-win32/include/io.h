/* Low-level files: _open, _access, _findfirst and their old names. */
#ifndef LONGSHORE_IO_H
#define LONGSHORE_IO_H
#pragma GCC system_header

#include <longshore/crt/files/descriptors.h>
#include <longshore/crt/files/find.h>
#include <unistd.h>

LONGSHORE_BEGIN
/* Names of the old kind that glibc does not have. */
LONGSHORE_INLINE long filelength(int descriptor) { return _filelength(descriptor); }
/* The names without an underscore. [crt setmode, tell] */
LONGSHORE_INLINE int setmode(int descriptor, int mode) { return _setmode(descriptor, mode); }
LONGSHORE_INLINE long tell(int descriptor) { return _tell(descriptor); }
LONGSHORE_END

#endif
