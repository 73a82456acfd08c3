/*
 * glibc's <inttypes.h>, with the 64-bit formats spelled j. glibc spells them l, which is 32 bits in
 * a format for Windows and so in ours.
 */
#pragma GCC system_header
#include_next <inttypes.h>
#ifndef LONGSHORE_INTTYPES_H
#define LONGSHORE_INTTYPES_H
#ifdef PRId64
#undef PRId64
#define PRId64 "jd"
#undef PRIi64
#define PRIi64 "ji"
#undef PRIo64
#define PRIo64 "jo"
#undef PRIu64
#define PRIu64 "ju"
#undef PRIx64
#define PRIx64 "jx"
#undef PRIX64
#define PRIX64 "jX"
#undef PRIdMAX
#define PRIdMAX "jd"
#undef PRIiMAX
#define PRIiMAX "ji"
#undef PRIoMAX
#define PRIoMAX "jo"
#undef PRIuMAX
#define PRIuMAX "ju"
#undef PRIxMAX
#define PRIxMAX "jx"
#undef PRIXMAX
#define PRIXMAX "jX"
#undef PRIdPTR
#define PRIdPTR "jd"
#undef PRIiPTR
#define PRIiPTR "ji"
#undef PRIoPTR
#define PRIoPTR "jo"
#undef PRIuPTR
#define PRIuPTR "ju"
#undef PRIxPTR
#define PRIxPTR "jx"
#undef PRIXPTR
#define PRIXPTR "jX"
#undef PRIdFAST16
#define PRIdFAST16 "jd"
#undef PRIiFAST16
#define PRIiFAST16 "ji"
#undef PRIoFAST16
#define PRIoFAST16 "jo"
#undef PRIuFAST16
#define PRIuFAST16 "ju"
#undef PRIxFAST16
#define PRIxFAST16 "jx"
#undef PRIXFAST16
#define PRIXFAST16 "jX"
#undef PRIdFAST32
#define PRIdFAST32 "jd"
#undef PRIiFAST32
#define PRIiFAST32 "ji"
#undef PRIoFAST32
#define PRIoFAST32 "jo"
#undef PRIuFAST32
#define PRIuFAST32 "ju"
#undef PRIxFAST32
#define PRIxFAST32 "jx"
#undef PRIXFAST32
#define PRIXFAST32 "jX"
#undef PRIdFAST64
#define PRIdFAST64 "jd"
#undef PRIiFAST64
#define PRIiFAST64 "ji"
#undef PRIoFAST64
#define PRIoFAST64 "jo"
#undef PRIuFAST64
#define PRIuFAST64 "ju"
#undef PRIxFAST64
#define PRIxFAST64 "jx"
#undef PRIXFAST64
#define PRIXFAST64 "jX"
#undef PRIdLEAST64
#define PRIdLEAST64 "jd"
#undef PRIiLEAST64
#define PRIiLEAST64 "ji"
#undef PRIoLEAST64
#define PRIoLEAST64 "jo"
#undef PRIuLEAST64
#define PRIuLEAST64 "ju"
#undef PRIxLEAST64
#define PRIxLEAST64 "jx"
#undef PRIXLEAST64
#define PRIXLEAST64 "jX"
#endif
#endif
