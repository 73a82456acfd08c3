/* The build of the SDK that the headers stand for: of Windows 10. */
#ifndef LONGSHORE_NTVERP_H
#define LONGSHORE_NTVERP_H
#define VER_PRODUCTBUILD           10011
#define VER_PRODUCTBUILD_QFE       16384
#define VER_PRODUCTMAJORVERSION    10
#define VER_PRODUCTMINORVERSION    0
#define VER_PRODUCTVERSION_MAJORMINOR2 "10.0"
#endif
