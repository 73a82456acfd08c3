/* Opening and positioning streams, temporary files, pipes to other programs, whole lines. */
#ifndef LONGSHORE_CRT_STREAMS_H
#define LONGSHORE_CRT_STREAMS_H
#pragma GCC system_header

#include <stdio.h>
#include <longshore/crt/files/path.h>

LONGSHORE_BEGIN

LONGSHORE_C(FILE *, fopen, (const char *, const char *));
LONGSHORE_C(FILE *, freopen, (const char *, const char *, FILE *));
LONGSHORE_C(FILE *, fdopen, (int, const char *));
LONGSHORE_C(FILE *, popen, (const char *, const char *));
LONGSHORE_C(int, pclose, (FILE *));
LONGSHORE_C(int, fileno, (FILE *));
LONGSHORE_C(int, fseeko, (FILE *, long, int));
LONGSHORE_C(long, ftello, (FILE *));
LONGSHORE_C(int, remove, (const char *));
LONGSHORE_C(int, rename, (const char *, const char *));
LONGSHORE_C(int, mkstemp, (char *));
LONGSHORE_C(int, close, (int));
LONGSHORE_C(int, unlink, (const char *));
LONGSHORE_C(FILE *, tmpfile, (void));
LONGSHORE_C(void, clearerr, (FILE *));

#ifndef _MAX_PATH
#define _MAX_PATH 260
#endif
#define L_tmpnam_s L_tmpnam
#define TMP_MAX_S TMP_MAX
#define _P_tmpdir P_tmpdir

/* r, w, a, +, b, x and N (not inherited, glibc's e) count; t, the caching letters and ",ccs=" do
   not: text is UTF-8. */
LONGSHORE_INLINE void longshore_stream_mode(char mode[8], const char *given)
{
    size_t used = 0;
    for (; *given && *given != ',' && used < 6; ++given) {
        char letter = *given == 'N' ? 'e' : *given;
        if (letter == 'r' || letter == 'w' || letter == 'a' || letter == '+' || letter == 'b' ||
            letter == 'x' || letter == 'e')
            mode[used++] = letter;
    }
    mode[used] = 0;
}
LONGSHORE_INLINE FILE *longshore_fopen(const char *path, const char *mode)
{
    char plain_mode[8];
    char *plain_path;
    FILE *stream;
    if (!path || !mode) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    plain_path = longshore_path_copy(path);
    if (!plain_path)
        return NULL;
    longshore_stream_mode(plain_mode, mode);
    stream = longshore_c_fopen(plain_path, plain_mode);
    longshore_c_free(plain_path);
    return stream;
}

/* Opens a file as a stream. [crt fopen] */
extern FILE *fopen(const char *path, const char *mode) __asm__("longshore_fopen_path");
LONGSHORE_REPLACE FILE *fopen(const char *path, const char *mode)
{
    return longshore_fopen(path, mode);
}

/* Opens a file as a stream, with errno as the result. [crt fopen_s, _fsopen, freopen_s] */
LONGSHORE_INLINE errno_t fopen_s(FILE **stream, const char *path, const char *mode)
{
    if (!stream)
        return longshore_invalid(EINVAL);
    *stream = NULL;
    if (!path || !mode)
        return longshore_invalid(EINVAL);
    *stream = longshore_fopen(path, mode);
    return *stream ? 0 : errno;
}
LONGSHORE_INLINE FILE *_fsopen(const char *path, const char *mode, int sharing)
{
    (void)sharing; /* no mandatory sharing modes for streams on Linux */
    return longshore_fopen(path, mode);
}
LONGSHORE_INLINE errno_t freopen_s(FILE **stream, const char *path, const char *mode, FILE *old)
{
    char plain_mode[8];
    char *plain_path;
    if (!stream)
        return longshore_invalid(EINVAL);
    *stream = NULL;
    if (!mode || !old)
        return longshore_invalid(EINVAL);
    plain_path = path ? longshore_path_copy(path) : NULL;
    if (path && !plain_path)
        return errno;
    longshore_stream_mode(plain_mode, mode);
    *stream = longshore_c_freopen(plain_path, plain_mode, old);
    longshore_c_free(plain_path);
    return *stream ? 0 : errno;
}
/* The same with wide characters. [crt _wfopen, _wfsopen, _wfopen_s, _wfreopen] */
LONGSHORE_INLINE FILE *_wfopen(const wchar_t *path, const wchar_t *mode)
{
    char *narrow_path = longshore_utf8_copy(path);
    char *narrow_mode = longshore_utf8_copy(mode);
    FILE *stream = longshore_fopen(narrow_path, narrow_mode);
    longshore_c_free(narrow_path);
    longshore_c_free(narrow_mode);
    return stream;
}
LONGSHORE_INLINE FILE *_wfsopen(const wchar_t *path, const wchar_t *mode, int sharing)
{
    (void)sharing;
    return _wfopen(path, mode);
}
LONGSHORE_INLINE errno_t _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode)
{
    if (!stream)
        return longshore_invalid(EINVAL);
    *stream = NULL;
    if (!path || !mode)
        return longshore_invalid(EINVAL);
    *stream = _wfopen(path, mode);
    return *stream ? 0 : errno;
}
LONGSHORE_INLINE errno_t _wfreopen_s(
    FILE **stream, const wchar_t *path, const wchar_t *mode, FILE *old)
{
    char *narrow_path = longshore_utf8_copy(path);
    char *narrow_mode = longshore_utf8_copy(mode);
    errno_t error = freopen_s(stream, narrow_path, narrow_mode, old);
    longshore_c_free(narrow_path);
    longshore_c_free(narrow_mode);
    return error;
}
LONGSHORE_INLINE FILE *_wfreopen(const wchar_t *path, const wchar_t *mode, FILE *old)
{
    FILE *stream;
    return _wfreopen_s(&stream, path, mode, old) ? NULL : stream;
}
/* A stream over a descriptor, and the descriptor of a stream. [crt _fdopen, _fileno] */
LONGSHORE_INLINE FILE *_fdopen(int descriptor, const char *mode)
{
    char plain_mode[8];
    if (!mode) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    longshore_stream_mode(plain_mode, mode);
    return longshore_c_fdopen(descriptor, plain_mode);
}
LONGSHORE_INLINE FILE *_wfdopen(int descriptor, const wchar_t *mode)
{
    char *narrow_mode = longshore_utf8_copy(mode);
    FILE *stream = _fdopen(descriptor, narrow_mode);
    longshore_c_free(narrow_mode);
    return stream;
}
LONGSHORE_INLINE int _fileno(FILE *stream) { return stream ? longshore_c_fileno(stream) : -1; }
/* The position of a stream. [crt _fseeki64, _ftelli64] */
LONGSHORE_INLINE int _fseeki64(FILE *stream, long long offset, int origin)
{
    return longshore_c_fseeko(stream, (long)offset, origin);
}
LONGSHORE_INLINE long long _ftelli64(FILE *stream) { return longshore_c_ftello(stream); }
/* Clears errors; writes all buffers. [crt clearerr_s, _flushall] */
LONGSHORE_INLINE errno_t clearerr_s(FILE *stream)
{
    if (!stream)
        return longshore_invalid(EINVAL);
    longshore_c_clearerr(stream);
    return 0;
}
LONGSHORE_INLINE int _flushall(void) { return longshore_c_fflush(NULL) ? EOF : 3; }
/* A stream to or from a command. [crt _popen, _wpopen, _pclose] */
LONGSHORE_INLINE FILE *_popen(const char *command, const char *mode)
{
    /* glibc knows r and w; t and b say nothing here. */
    return longshore_c_popen(command, mode && mode[0] == 'w' ? "w" : "r");
}
LONGSHORE_INLINE FILE *_wpopen(const wchar_t *command, const wchar_t *mode)
{
    char *narrow = longshore_utf8_copy(command);
    FILE *stream = longshore_c_popen(narrow, mode && mode[0] == L'w' ? "w" : "r");
    longshore_c_free(narrow);
    return stream;
}
LONGSHORE_INLINE int _pclose(FILE *stream)
{
    int status = longshore_c_pclose(stream);
    return status > 0 ? (status & 0x7F ? 128 + (status & 0x7F) : status >> 8 & 0xFF) : status;
}
/* Removing, renaming and errors with wide characters. [crt _wremove, _wrename, _wperror] */
LONGSHORE_INLINE int _wremove(const wchar_t *path)
{
    char *narrow = longshore_wide_path_copy(path);
    int result = narrow ? longshore_c_remove(narrow) : -1;
    longshore_c_free(narrow);
    return result;
}
LONGSHORE_INLINE int _wrename(const wchar_t *from, const wchar_t *to)
{
    char *narrow_from = longshore_wide_path_copy(from);
    char *narrow_to = longshore_wide_path_copy(to);
    int result = narrow_from && narrow_to ? longshore_c_rename(narrow_from, narrow_to) : -1;
    longshore_c_free(narrow_from);
    longshore_c_free(narrow_to);
    return result;
}
LONGSHORE_INLINE void _wperror(const wchar_t *what)
{
    char *narrow = longshore_utf8_copy(what);
    perror(narrow);
    longshore_c_free(narrow);
}
/* Temporary files. [crt tmpfile_s, tmpnam_s] */
LONGSHORE_INLINE errno_t tmpfile_s(FILE **stream)
{
    if (!stream)
        return longshore_invalid(EINVAL);
    *stream = longshore_c_tmpfile();
    return *stream ? 0 : errno;
}
LONGSHORE_INLINE errno_t tmpnam_s(char *name, size_t size)
{
    char made[] = "/tmp/longshoreXXXXXX"; /* P_tmpdir, a name that strict C hides */
    int descriptor;
    if (!name)
        return longshore_invalid(EINVAL);
    if (size < sizeof made) {
        if (size)
            name[0] = 0;
        return longshore_invalid(ERANGE);
    }
    descriptor = longshore_c_mkstemp(made);
    if (descriptor < 0)
        return errno;
    longshore_c_close(descriptor);
    longshore_c_unlink(made); /* the answer is a free name, as on Windows */
    longshore_c_memcpy(name, made, sizeof made);
    return 0;
}

/* A line without its end; too long a line empties the buffer and takes the rest of the line
   away. */
LONGSHORE_INLINE char *gets_s(char *buffer, size_t size)
{
    size_t used = 0;
    int character;
    if (!buffer || size == 0) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    while ((character = longshore_c_getc(stdin)) != EOF && character != '\n')
        if (used < size)
            buffer[used++] = (char)character;
    if (character == EOF && used == 0) {
        buffer[0] = 0;
        return NULL;
    }
    if (used == size) {
        buffer[0] = 0;
        longshore_invalid(ERANGE);
        return NULL;
    }
    buffer[used] = 0;
    return buffer;
}
/* Reads into a buffer of a known size. [crt fread_s] */
LONGSHORE_INLINE size_t fread_s(
    void *buffer, size_t size, size_t element, size_t count, FILE *stream)
{
    size_t total;
    if (element == 0 || count == 0)
        return 0;
    if (!buffer || !stream || __builtin_mul_overflow(element, count, &total) || total > size) {
        if (buffer)
            longshore_c_memset(buffer, 0, size);
        longshore_invalid(buffer && stream ? ERANGE : EINVAL);
        return 0;
    }
    return fread(buffer, element, count, stream);
}
/* Single characters, and calls without a lock. [crt _fputchar, _getc_nolock] */
LONGSHORE_INLINE int _fputchar(int character) { return putchar(character); }
LONGSHORE_INLINE int _fgetchar(void) { return getchar(); }
LONGSHORE_INLINE int _getc_nolock(FILE *stream) { return longshore_c_getc(stream); }
LONGSHORE_INLINE int _putc_nolock(int character, FILE *stream) { return putc(character, stream); }
/* Closes a stream, its descriptor, and the handle that has. [stdio.h fclose] */
extern int fclose(FILE *stream) __asm__("longshore_fclose");
LONGSHORE_INLINE int _fclose_nolock(FILE *stream) { return fclose(stream); }
LONGSHORE_INLINE size_t _fread_nolock(void *buffer, size_t element, size_t count, FILE *stream)
{
    return fread(buffer, element, count, stream);
}
LONGSHORE_INLINE size_t _fwrite_nolock(
    const void *buffer, size_t element, size_t count, FILE *stream)
{
    return fwrite(buffer, element, count, stream);
}
#define _lock_file(stream) flockfile(stream)
#define _unlock_file(stream) funlockfile(stream)
/* Limits and formats of streams; nothing to change. [crt _setmaxstdio] */
LONGSHORE_INLINE int _setmaxstdio(int count) { return count; }
LONGSHORE_INLINE int _getmaxstdio(void) { return 8192; }
LONGSHORE_INLINE unsigned int _set_output_format(unsigned int format) { return format; }
LONGSHORE_INLINE unsigned int _get_output_format(void) { return 0; }
#define _TWO_DIGIT_EXPONENT 1

LONGSHORE_END

#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
template <size_t Size> inline char *gets_s(char (&buffer)[Size]) { return gets_s(buffer, Size); }
template <size_t Size> inline errno_t tmpnam_s(char (&name)[Size]) { return tmpnam_s(name, Size); }
LONGSHORE_TEMPLATES_END
#endif

#endif
