/*
 * Longshore: included ahead of everything by `longshore cc` and `longshore c++` (and by --cflags,
 * pkg-config and CMake), so that what the Microsoft compiler has built in is there before any
 * header is.
 *
 * Besides keywords.h it holds what the wrapper's rewriting of sources stands on: __try, __leave,
 * __FUNCTION__.
 */
#ifndef LONGSHORE_MSVC_H
#define LONGSHORE_MSVC_H
#pragma GCC system_header

#include <longshore/abi/keywords.h>

/*
 * ---- __try ----
 *
 * The wrapper turns `__try B __finally F` into
 *     { LONGSHORE_FINALLY_ F LONGSHORE_BODY_ B LONGSHORE_LEFT_ }
 * F is the body of a guard that runs whichever way B is left. `__try B __except (filter) H` becomes
 *     { LONGSHORE_TRY_ B LONGSHORE_LEFT_ if (0 ? (filter) : 0) H }
 * `__leave` jumps to the end of the innermost B: the label is local to the block.
 */
#define LONGSHORE_TRY_  __label__ longshore_leave_;
#define LONGSHORE_LEFT_ longshore_leave_: __attribute__((__unused__));
#undef __leave
#define __leave goto longshore_leave_

#ifdef __cplusplus
extern "C++" {
namespace longshore {
template <class F> class finally_guard {
public:
    explicit finally_guard(F block) : block_(block) {}
    ~finally_guard() noexcept(false) { block_(); }
private:
    finally_guard(const finally_guard &);
    F block_;
};
struct finally_maker {
    template <class F> finally_guard<F> operator+(F block) const { return finally_guard<F>(block); }
};
} /* namespace longshore */
} /* extern "C++" */
#define LONGSHORE_FINALLY_ \
    LONGSHORE_TRY_ auto &&longshore_finally_ = ::longshore::finally_maker() + [&]() -> void
#define LONGSHORE_BODY_    ; (void)longshore_finally_;
#elif !defined(__clang__)
#define LONGSHORE_FINALLY_                             \
    LONGSHORE_TRY_ __inline__ void longshore_finally_( \
        char *longshore_unused_ __attribute__((__unused__)))
#define LONGSHORE_BODY_ \
    __attribute__((__cleanup__(longshore_finally_), __unused__)) char longshore_guard_ = 0;
#endif

/* No block is ever left by a structured exception here. */
#ifndef AbnormalTermination
#define AbnormalTermination() 0
#define _abnormal_termination() 0
#endif

/*
 * ---- std::exception with a text ----
 *
 * Microsoft's has a constructor for it. The wrapper puts this one where a program makes such an
 * exception.
 */
#ifdef __cplusplus
#include <exception>
extern "C++" {
namespace longshore {
class exception : public std::exception {
public:
    exception() noexcept : text_(0) {}
    explicit exception(const char *text) : text_(copy(text)) {}
    exception(const char *text, int) : text_(copy(text)) {}
    exception(const exception &other) : std::exception(other), text_(copy(other.text_)) {}
    exception(const std::exception &other) : std::exception(other), text_(copy(other.what())) {}
    exception &operator=(const exception &other)
    {
        const char *text = copy(other.text_);
        delete[] text_;
        text_ = text;
        return *this;
    }
    ~exception() noexcept override { delete[] text_; }
    const char *what() const noexcept override { return text_ ? text_ : "Unknown exception"; }
private:
    static const char *copy(const char *text)
    {
        if (!text)
            return 0;
        unsigned long size = __builtin_strlen(text) + 1;
        return static_cast<const char *>(__builtin_memcpy(new char[size], text, size));
    }
    const char *text_;
};
} /* namespace longshore */
} /* extern "C++" */
#endif

/*
 * ---- __FUNCTION__ ----
 *
 * A literal there, a variable here. `L##__FUNCTION__` and _T(__FUNCTION__) arrive at the name
 * below.
 */
#define L__FUNCTION__                                                                             \
    (__extension__({                                                                              \
        static wchar_t longshore_wide_[sizeof __FUNCTION__];                                      \
        for (unsigned long longshore_at_ = 0; longshore_at_ < sizeof __FUNCTION__;                \
             ++longshore_at_)                                                                     \
            longshore_wide_[longshore_at_] = (wchar_t)(unsigned char)__FUNCTION__[longshore_at_]; \
        (const wchar_t *)longshore_wide_;                                                         \
    }))
#define __FUNCTIONW__  L__FUNCTION__
#ifndef __FUNCSIG__
#define __FUNCSIG__    __PRETTY_FUNCTION__
#endif
#ifndef __FUNCDNAME__
#define __FUNCDNAME__  __FUNCTION__
#endif

/* ---- Keywords ---- */
#ifndef __pragma
#define __pragma(...) _Pragma(#__VA_ARGS__)
#endif
#ifndef _pragma
#define _pragma(...)  _Pragma(#__VA_ARGS__)
#endif
#ifndef __analysis_assume
#define __analysis_assume(condition) ((void)0)
#endif
#ifndef __interface
#define __interface struct
#endif
#ifndef __identifier
#define __identifier(name) name
#endif

#endif
