/*
 * libstdc++'s <bits/exception.h>, with MSVC's std::exception("text").
 *
 * The class is libstdc++'s and its layout may not change: every standard exception derives from it,
 * in code that is compiled already. So the constructor is declared into it, by a macro over its
 * `what() const`, and the text is kept beside the object (crt_exception.h). Nothing is added to the
 * object or to its table of virtual functions.
 */
#pragma GCC system_header
#ifndef LONGSHORE_BITS_EXCEPTION_H
#define LONGSHORE_BITS_EXCEPTION_H
#if __has_include_next(<bits/exception.h>)
#pragma push_macro("what")
#undef what
#define what()                                 \
    what() const noexcept;                     \
    exception(const char *text) noexcept;      \
    exception(const char *text, int) noexcept; \
    const char *longshore_what()
#include_next <bits/exception.h>
#pragma pop_macro("what")
#include <longshore/crt/exception.h>
#endif
#endif
