/*
 * The debug heap and its reports. There is no debug heap here (valgrind and the sanitizers do that
 * work), so its switches are accepted and answer "nothing found"; assertions and reports work, on
 * standard error, when the program is built with _DEBUG.
 */
#ifndef LONGSHORE_CRTDBG_H
#define LONGSHORE_CRTDBG_H
#pragma GCC system_header

#include <stdio.h>
#include <stdlib.h>
#include <longshore/crt/stdio/stdio.h>
#include <longshore/crt/stdio/wide_stdio.h>

#define _CRT_WARN 0
#define _CRT_ERROR 1
#define _CRT_ASSERT 2
#define _CRT_ERRCNT 3
#define _CRTDBG_MODE_FILE 0x1
#define _CRTDBG_MODE_DEBUG 0x2
#define _CRTDBG_MODE_WNDW 0x4
#define _CRTDBG_REPORT_MODE (-1)
#define _CRTDBG_INVALID_HFILE ((void *)(intptr_t)-1)
#define _CRTDBG_HFILE_ERROR ((void *)(intptr_t)-2)
#define _CRTDBG_FILE_STDOUT ((void *)(intptr_t)-4)
#define _CRTDBG_FILE_STDERR ((void *)(intptr_t)-5)
#define _CRTDBG_REPORT_FILE ((void *)(intptr_t)-6)
#define _CRTDBG_ALLOC_MEM_DF 0x01
#define _CRTDBG_DELAY_FREE_MEM_DF 0x02
#define _CRTDBG_CHECK_ALWAYS_DF 0x04
#define _CRTDBG_CHECK_CRT_DF 0x10
#define _CRTDBG_LEAK_CHECK_DF 0x20
#define _CRTDBG_CHECK_EVERY_16_DF 0x00100000
#define _CRTDBG_CHECK_EVERY_128_DF 0x00800000
#define _CRTDBG_CHECK_EVERY_1024_DF 0x04000000
#define _CRTDBG_CHECK_DEFAULT_DF 0
#define _CRTDBG_REPORT_FLAG (-1)
#define _FREE_BLOCK 0
#define _NORMAL_BLOCK 1
#define _CRT_BLOCK 2
#define _IGNORE_BLOCK 3
#define _CLIENT_BLOCK 4
#define _HOOK_ALLOC 1
#define _HOOK_REALLOC 2
#define _HOOK_FREE 3

LONGSHORE_BEGIN

typedef void *_HFILE;
typedef struct _CrtMemState {
    void *pBlockHeader;
    size_t lCounts[5];
    size_t lSizes[5];
    size_t lHighWaterCount;
    size_t lTotalCount;
} _CrtMemState;
typedef int (*_CRT_REPORT_HOOK)(int type, char *message, int *result);
typedef int (*_CRT_ALLOC_HOOK)(int, void *, size_t, int, long, const unsigned char *, int);
typedef void (*_CRT_DUMP_CLIENT)(void *, size_t);

/* Settings of the debug heap; nothing is checked. [crt _CrtSetDbgFlag] */
LONGSHORE_INLINE int _CrtSetDbgFlag(int flags)
{
    (void)flags;
    return 0;
}
LONGSHORE_INLINE int _CrtSetReportMode(int type, int mode)
{
    (void)type;
    (void)mode;
    return _CRTDBG_MODE_FILE;
}
LONGSHORE_INLINE _HFILE _CrtSetReportFile(int type, _HFILE file)
{
    (void)type;
    (void)file;
    return _CRTDBG_FILE_STDERR;
}
LONGSHORE_INLINE _CRT_REPORT_HOOK _CrtSetReportHook(_CRT_REPORT_HOOK hook)
{
    (void)hook;
    return NULL;
}
LONGSHORE_INLINE _CRT_ALLOC_HOOK _CrtSetAllocHook(_CRT_ALLOC_HOOK hook)
{
    (void)hook;
    return NULL;
}
LONGSHORE_INLINE long _CrtSetBreakAlloc(long allocation)
{
    (void)allocation;
    return -1;
}
/* Questions to the debug heap, which finds no fault. [crt _CrtDumpMemoryLeaks] */
LONGSHORE_INLINE int _CrtDumpMemoryLeaks(void) { return 0; }
LONGSHORE_INLINE int _CrtCheckMemory(void) { return 1; }
LONGSHORE_INLINE int _CrtIsValidPointer(const void *address, unsigned int size, int writable)
{
    (void)size;
    (void)writable;
    return address != NULL;
}
LONGSHORE_INLINE int _CrtIsValidHeapPointer(const void *address) { return address != NULL; }
LONGSHORE_INLINE void _CrtMemCheckpoint(_CrtMemState *state)
{
    if (state)
        longshore_c_memset(state, 0, sizeof *state);
}
LONGSHORE_INLINE int _CrtMemDifference(
    _CrtMemState *difference, const _CrtMemState *before, const _CrtMemState *now)
{
    (void)before;
    (void)now;
    _CrtMemCheckpoint(difference);
    return 0;
}
LONGSHORE_INLINE void _CrtMemDumpStatistics(const _CrtMemState *state) { (void)state; }
LONGSHORE_INLINE void _CrtMemDumpAllObjectsSince(const _CrtMemState *state) { (void)state; }

/* "file(line) : message"; 0: go on, as the Ignore button does. */
LONGSHORE_INLINE int _CrtDbgReport(
    int type, const char *file, int line, const char *module, const char *format, ...)
{
    va_list list;
    (void)type;
    (void)module;
    if (file)
        fprintf(stderr, "%s(%d) : ", file, line);
    if (format) {
        va_start(list, format);
        longshore_vfprintf_a(stderr, format, list);
        va_end(list);
    }
    return 0;
}
/* Writes a debug report to standard error. [crt _CrtDbgReport] */
LONGSHORE_INLINE int _CrtDbgReportW(int type, const wchar_t *file, int line, const wchar_t *module,
                                    const wchar_t *format, ...)
{
    va_list list;
    (void)type;
    (void)module;
    if (file)
        fprintf(stderr, "%ls(%d) : ", file, line);
    if (format) {
        va_start(list, format);
        longshore_vfprintf_w(stderr, format, list);
        va_end(list);
    }
    return 0;
}
LONGSHORE_INLINE void longshore_assertion_failed(const char *file, int line, const char *expression)
{
    fprintf(stderr, "%s(%d) : Assertion failed: %s\n", file, line, expression);
    abort();
}

LONGSHORE_END

#ifdef _DEBUG
#define _ASSERTE(expression) \
    ((void)((!!(expression)) || (longshore_assertion_failed(__FILE__, __LINE__, #expression), 0)))
#define _ASSERT(expression) _ASSERTE(expression)
#define _ASSERT_EXPR(expression, message) _ASSERTE(expression)
#define _RPT_BASE(type, ...) ((void)_CrtDbgReport((type), NULL, 0, NULL, __VA_ARGS__))
#define _RPTF_BASE(type, ...) ((void)_CrtDbgReport((type), __FILE__, __LINE__, NULL, __VA_ARGS__))
#define _RPTW_BASE(type, ...) ((void)_CrtDbgReportW((type), NULL, 0, NULL, __VA_ARGS__))
#else
#define _ASSERTE(expression) ((void)0)
#define _ASSERT(expression) ((void)0)
#define _ASSERT_EXPR(expression, message) ((void)0)
#define _RPT_BASE(type, ...) ((void)0)
#define _RPTF_BASE(type, ...) ((void)0)
#define _RPTW_BASE(type, ...) ((void)0)
#endif
#define _RPT0(type, message) _RPT_BASE(type, "%s", message)
#define _RPT1 _RPT_BASE
#define _RPT2 _RPT_BASE
#define _RPT3 _RPT_BASE
#define _RPT4 _RPT_BASE
#define _RPT5 _RPT_BASE
#define _RPTF0(type, message) _RPTF_BASE(type, "%s", message)
#define _RPTF1 _RPTF_BASE
#define _RPTF2 _RPTF_BASE
#define _RPTF3 _RPTF_BASE
#define _RPTF4 _RPTF_BASE
#define _RPTF5 _RPTF_BASE
#define _RPTW0(type, message) _RPTW_BASE(type, L"%s", message)
#define _RPTW1 _RPTW_BASE
#define _RPTW2 _RPTW_BASE
#define _RPTW3 _RPTW_BASE
#ifdef _UNICODE
#define _RPTT1 _RPTW_BASE
#else
#define _RPTT1 _RPT_BASE
#endif

#ifndef _malloc_dbg
#define _malloc_dbg(size, type, file, line) malloc(size)
#define _calloc_dbg(count, size, type, file, line) calloc((count), (size))
#define _realloc_dbg(block, size, type, file, line) realloc((block), (size))
#define _free_dbg(block, type) free(block)
#endif

/* new(_NORMAL_BLOCK, __FILE__, __LINE__), which programs define `new` as to have leaks reported. */
#ifdef __cplusplus
LONGSHORE_TEMPLATES_BEGIN
#include <new>
inline void *operator new(size_t size, int, const char *, int) { return ::operator new(size); }
inline void *operator new[](size_t size, int, const char *, int) { return ::operator new[](size); }
inline void operator delete(void *block, int, const char *, int) noexcept
{
    ::operator delete(block);
}
inline void operator delete[](void *block, int, const char *, int) noexcept
{
    ::operator delete[](block);
}
LONGSHORE_TEMPLATES_END
#endif

#endif
