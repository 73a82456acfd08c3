/* Wide scanf: %s and %c are wide, %S and %C narrow. See scan.h. */
#ifndef LONGSHORE_CRT_WIDE_SCAN_H
#define LONGSHORE_CRT_WIDE_SCAN_H
#pragma GCC system_header

#include <longshore/crt/stdio/scan.h>
#include <longshore/crt/stdio/wide_stdio.h>

LONGSHORE_BEGIN

LONGSHORE_INLINE int longshore_wide_get_stream(void *state)
{
    wint_t character = longshore_read_wide((FILE *)state);
    return character == WEOF ? -1 : (int)character;
}
LONGSHORE_INLINE void longshore_wide_unget_stream(void *state, int character)
{
    ungetwc((wint_t)character, (FILE *)state);
}
/* Scans a string. [crt swscanf] */
extern int swscanf(const wchar_t *text, const wchar_t *format,
    ...) LONGSHORE_NOEXCEPT __asm__("longshore_swscanf");
/* Scans a string. [crt vswscanf] */
extern int vswscanf(const wchar_t *text, const wchar_t *format,
    va_list list) LONGSHORE_NOEXCEPT __asm__("longshore_vswscanf");
/* Scans standard input. [crt wscanf] */
extern int wscanf(const wchar_t *format, ...) __asm__("longshore_wscanf");
/* Scans standard input. [crt vwscanf] */
extern int vwscanf(const wchar_t *format, va_list list) __asm__("longshore_vwscanf");
/* Scans a stream. [crt fwscanf] */
extern int fwscanf(FILE *stream, const wchar_t *format, ...) __asm__("longshore_fwscanf");
/* Scans a stream. [crt vfwscanf] */
extern int vfwscanf(FILE *stream, const wchar_t *format,
    va_list list) __asm__("longshore_vfwscanf");

#define LONGSHORE_CHAR wchar_t
#define LONGSHORE_SCAN(before, after) before##wscanf##after
#define LONGSHORE_SCAN_ENGINE longshore_crt_scan_w
#define LONGSHORE_SOURCE(what, of) longshore_wide_##what##_##of
#include <longshore/crt/stdio/scan.inc>
#undef LONGSHORE_CHAR
#undef LONGSHORE_SCAN
#undef LONGSHORE_SCAN_ENGINE
#undef LONGSHORE_SOURCE

#ifndef __cplusplus
#define swscanf(text, ...) \
    longshore_typed_swscanf(LONGSHORE_LONGS(__VA_ARGS__), text, __VA_ARGS__)
#define swscanf_s(text, ...) \
    longshore_typed_swscanf( \
        LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, text, __VA_ARGS__)
#define fwscanf(stream, ...) \
    longshore_typed_fwscanf(LONGSHORE_LONGS(__VA_ARGS__), stream, __VA_ARGS__)
#define fwscanf_s(stream, ...) \
    longshore_typed_fwscanf(   \
        LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, stream, __VA_ARGS__)
#define wscanf(...) \
    longshore_typed_wscanf(LONGSHORE_LONGS(__VA_ARGS__), __VA_ARGS__)
#define wscanf_s(...) \
    longshore_typed_wscanf(LONGSHORE_LONGS(__VA_ARGS__) | LONGSHORE_SCAN_BOUNDED, __VA_ARGS__)
#endif

#endif
