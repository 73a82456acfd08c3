/*
 * The text of std::exception("text"): a list of objects and their texts, searched by address. An
 * entry is replaced when an exception with a text is made at the same address again, so the list is
 * no longer than there were such places. Only what() of exactly std::exception, or of a class that
 * does not override it, ever looks here.
 */
#ifndef LONGSHORE_CRT_EXCEPTION_H
#define LONGSHORE_CRT_EXCEPTION_H
#pragma GCC system_header

#include <exception>

extern "C" {
struct longshore_exception_text {
    const void *object;
    char *text;
    struct longshore_exception_text *next;
};
/* One list per program; a lock that no code of the program runs under. */
__attribute__((weak)) struct longshore_exception_text *longshore_exception_texts;
__attribute__((weak)) bool longshore_exception_lock;
}

namespace longshore {

struct exception_lock {
    exception_lock() noexcept
    {
        while (__atomic_test_and_set(&longshore_exception_lock, __ATOMIC_ACQUIRE)) {
        }
    }
    ~exception_lock() { __atomic_clear(&longshore_exception_lock, __ATOMIC_RELEASE); }
};

inline void keep_exception_text(const void *object, const char *text) noexcept
{
    const __SIZE_TYPE__ size = text ? __builtin_strlen(text) + 1 : 0;
    char *copy = size ? static_cast<char *>(__builtin_malloc(size)) : nullptr;
    if (copy)
        __builtin_memcpy(copy, text, size);
    exception_lock guard;
    longshore_exception_text *entry = longshore_exception_texts;
    while (entry && entry->object != object)
        entry = entry->next;
    if (!entry) {
        entry = static_cast<longshore_exception_text *>(__builtin_malloc(sizeof *entry));
        if (!entry) {
            __builtin_free(copy);
            return;
        }
        entry->object = object;
        entry->text = nullptr;
        entry->next = longshore_exception_texts;
        __atomic_store_n(&longshore_exception_texts, entry, __ATOMIC_RELEASE);
    }
    __builtin_free(entry->text);
    entry->text = copy;
}

inline const char *kept_exception_text(const void *object) noexcept
{
    if (!__atomic_load_n(&longshore_exception_texts, __ATOMIC_ACQUIRE))
        return nullptr;
    exception_lock guard;
    for (longshore_exception_text *entry = longshore_exception_texts; entry; entry = entry->next)
        if (entry->object == object)
            return entry->text;
    return nullptr;
}

} // namespace longshore

inline std::exception::exception(const char *text) noexcept
{
    longshore::keep_exception_text(this, text);
}
inline std::exception::exception(const char *text, int) noexcept
{
    longshore::keep_exception_text(this, text);
}

/* Takes the place of libstdc++'s in the program, and through the dynamic linker in its table as
   well. */
__attribute__((used)) inline const char *std::exception::what() const noexcept
{
    const char *text = longshore::kept_exception_text(this);
    return text ? text : "std::exception";
}

#endif
