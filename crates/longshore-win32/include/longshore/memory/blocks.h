/* Memory: bounded copies, aligned blocks, block sizes. */
#ifndef LONGSHORE_CRT_MEMORY_H
#define LONGSHORE_CRT_MEMORY_H
#pragma GCC system_header

#include <longshore/crt/base.h>

LONGSHORE_BEGIN

LONGSHORE_PLAIN_C(int, posix_memalign, (void **, size_t, size_t));
LONGSHORE_PLAIN_C(size_t, malloc_usable_size, (void *));

/* Copies memory into a buffer of a known size. [crt memcpy_s, memmove_s, wmemcpy_s] */
LONGSHORE_INLINE errno_t memcpy_s(void *destination, size_t size, const void *source, size_t count)
{
    if (count == 0)
        return 0;
    if (!destination)
        return longshore_invalid(EINVAL);
    if (!source || size < count) {
        longshore_c_memset(destination, 0, size);
        return longshore_invalid(source ? ERANGE : EINVAL);
    }
    longshore_c_memcpy(destination, source, count);
    return 0;
}
LONGSHORE_INLINE errno_t memmove_s(void *destination, size_t size, const void *source, size_t count)
{
    if (count == 0)
        return 0;
    if (!destination || !source)
        return longshore_invalid(EINVAL);
    if (size < count)
        return longshore_invalid(ERANGE);
    longshore_c_memmove(destination, source, count);
    return 0;
}
LONGSHORE_INLINE errno_t wmemcpy_s(
    wchar_t *destination, size_t size, const wchar_t *source, size_t count)
{
    return memcpy_s(destination, size * sizeof(wchar_t), source, count * sizeof(wchar_t));
}
LONGSHORE_INLINE errno_t wmemmove_s(
    wchar_t *destination, size_t size, const wchar_t *source, size_t count)
{
    return memmove_s(destination, size * sizeof(wchar_t), source, count * sizeof(wchar_t));
}
/* Compares bytes without regard to letter case. [crt _memicmp] */
LONGSHORE_INLINE int _memicmp(const void *left, const void *right, size_t count)
{
    const unsigned char *one = (const unsigned char *)left;
    const unsigned char *other = (const unsigned char *)right;
    for (; count; --count, ++one, ++other) {
        int difference = longshore_c_tolower(*one) - longshore_c_tolower(*other);
        if (difference)
            return difference;
    }
    return 0;
}
LONGSHORE_INLINE int memicmp(const void *left, const void *right, size_t count)
{
    return _memicmp(left, right, count);
}
/* Copies up to a byte. [crt _memccpy] */
LONGSHORE_INLINE void *_memccpy(void *destination, const void *source, int stop, size_t count)
{
    unsigned char *to = (unsigned char *)destination;
    const unsigned char *from = (const unsigned char *)source;
    for (; count; --count)
        if ((*to++ = *from++) == (unsigned char)stop)
            return to;
    return NULL;
}

/* Aligned blocks are glibc's own, so that free() on one, an error on Windows, still frees it. */
LONGSHORE_INLINE void *_aligned_malloc(size_t size, size_t alignment)
{
    void *block = NULL;
    int error;
    if (alignment == 0 || (alignment & (alignment - 1))) {
        longshore_invalid(EINVAL);
        return NULL;
    }
    error = longshore_c_posix_memalign(
        &block, alignment < sizeof(void *) ? sizeof(void *) : alignment, size ? size : 1);
    if (error) {
        errno = error;
        return NULL;
    }
    return block;
}
/* Aligned blocks. [crt _aligned_free, _aligned_realloc, _aligned_msize, _msize] */
LONGSHORE_INLINE void _aligned_free(void *block) { longshore_c_free(block); }
LONGSHORE_INLINE size_t _msize(void *block)
{
    if (!block) {
        longshore_invalid(EINVAL);
        return (size_t)-1;
    }
    return longshore_c_malloc_usable_size(block);
}
LONGSHORE_INLINE size_t _aligned_msize(void *block, size_t alignment, size_t offset)
{
    (void)alignment;
    (void)offset;
    return _msize(block);
}
LONGSHORE_INLINE void *_aligned_realloc(void *block, size_t size, size_t alignment)
{
    void *grown;
    size_t kept;
    if (!block)
        return _aligned_malloc(size, alignment);
    if (size == 0) {
        longshore_c_free(block);
        return NULL;
    }
    grown = _aligned_malloc(size, alignment);
    if (!grown)
        return NULL;
    kept = longshore_c_malloc_usable_size(block);
    longshore_c_memcpy(grown, block, kept < size ? kept : size);
    longshore_c_free(block);
    return grown;
}
LONGSHORE_INLINE void *_aligned_recalloc(void *block, size_t count, size_t size, size_t alignment)
{
    size_t total, kept = block ? longshore_c_malloc_usable_size(block) : 0;
    char *grown;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    grown = (char *)_aligned_realloc(block, total, alignment);
    if (grown && total > kept)
        longshore_c_memset(grown + kept, 0, total - kept);
    return grown;
}
/* Changes the size of a block; new bytes are zero. [crt _recalloc] */
LONGSHORE_INLINE void *_recalloc(void *block, size_t count, size_t size)
{
    size_t total, kept = block ? longshore_c_malloc_usable_size(block) : 0;
    char *grown;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    grown = (char *)longshore_c_realloc(block, total ? total : 1);
    if (grown && total > kept)
        longshore_c_memset(grown + kept, 0, total - kept);
    return grown;
}
/* glibc cannot grow a block in place on request: only what it has already is granted. */
LONGSHORE_INLINE void *_expand(void *block, size_t size)
{
    return block && size <= longshore_c_malloc_usable_size(block) ? block : NULL;
}
/* Whether the heap is consistent: it is. [crt _heapchk] */
LONGSHORE_INLINE int _heapchk(void) { return -2; /* _HEAPOK */ }
LONGSHORE_INLINE int _heapmin(void) { return 0; }
#define _HEAPEMPTY (-1)
#define _HEAPOK (-2)
#define _HEAPBADBEGIN (-3)
#define _HEAPBADNODE (-4)

#ifndef _alloca
#define _alloca(size) __builtin_alloca(size)
#endif
#ifndef alloca
#define alloca(size) __builtin_alloca(size)
#endif
/* _malloca's memory may come from the heap, so its release is a call: always the heap here. */
#define _malloca(size) longshore_c_malloc(size)
#define _freea(block) longshore_c_free(block)

LONGSHORE_END

#endif
