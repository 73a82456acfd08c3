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
 * The wrapper turns `__try B __except (filter) H` into
 *     { LONGSHORE_TRY_EXCEPT_ B LONGSHORE_FILTER_ (filter) LONGSHORE_HANDLER_ H LONGSHORE_END_ }
 * and `__try B __finally F` into
 *     { LONGSHORE_TRY_FINALLY_ B LONGSHORE_FINALLY_ F LONGSHORE_FINISHED_ }
 *
 * longshore_try_enter returns 0 for B. It returns again, with the numbers below, for the library to
 * have the filter, H or F run in this function: with its variables, and on a stack below everything
 * that an exception interrupted. longshore_try_answer is the way back from there. Whichever way the
 * scope of `longshore_try_` is left, longshore_try_leave notices; out of B it has F run. `__leave`
 * jumps to the end of the innermost B, where the wrapper puts a label.
 *
 * The mention of alloca, which is never called, has the function find its variables by its frame
 * pointer. Functions with a __try stand between LONGSHORE_TRIES_ and LONGSHORE_TRIED_: what an
 * exception can interrupt must leave its variables in memory, so they are not optimised.
 */
struct _EXCEPTION_POINTERS;
struct longshore_try {
    struct longshore_try       *next;
    unsigned long               state;
    void                       *stacks[3];
    unsigned long               code;
    struct _EXCEPTION_POINTERS *pointers;
    void                       *registers[20];
};

#ifdef __cplusplus
extern "C" {
#endif
int longshore_try_enter(struct longshore_try *frame, int kind) __attribute__((__returns_twice__));
void longshore_try_answer(struct longshore_try *frame, int answer) __attribute__((__noreturn__));
void longshore_try_finish(struct longshore_try *frame);
void longshore_try_leave(struct longshore_try *frame);
#ifdef __cplusplus
}
#endif

#define LONGSHORE_TRY_(kind)                                                                  \
    struct longshore_try longshore_try_ __attribute__((__cleanup__(longshore_try_leave)));    \
    int longshore_stage_ = longshore_try_enter(&longshore_try_, kind);                        \
    if (longshore_stage_ < 0)                                                                 \
        longshore_stage_ = *(volatile char *)__builtin_alloca((unsigned int)longshore_stage_); \
    if (longshore_stage_ == 0) {
#define LONGSHORE_LABEL_ __label__ longshore_leave_;
#define LONGSHORE_LEFT_  longshore_leave_: __attribute__((__unused__));

#define LONGSHORE_TRY_EXCEPT_ LONGSHORE_TRY_(0)
#define LONGSHORE_FILTER_                                                                     \
    } else if (longshore_stage_ == 1) {                                                       \
        LONGSHORE_CODE_ struct _EXCEPTION_POINTERS *const longshore_exception_pointers_       \
            __attribute__((__unused__)) = longshore_try_.pointers;                            \
        longshore_try_answer(&longshore_try_, (int)
#define LONGSHORE_HANDLER_                                                                    \
    );                                                                                        \
    } else {                                                                                  \
        LONGSHORE_CODE_
#define LONGSHORE_CODE_                                                                       \
    const unsigned int longshore_exception_code_ __attribute__((__unused__)) =                \
        (unsigned int)longshore_try_.code;
#define LONGSHORE_END_ }

#define LONGSHORE_TRY_FINALLY_ LONGSHORE_TRY_(1)
#define LONGSHORE_FINALLY_                                                                    \
    longshore_try_finish(&longshore_try_);                                                    \
    } else {                                                                                  \
        const int longshore_abnormal_ __attribute__((__unused__)) = longshore_stage_ == 3;
#define LONGSHORE_FINISHED_                                                                   \
    longshore_try_answer(&longshore_try_, 0);                                                 \
    }

#undef __leave
#define __leave goto longshore_leave_

/* Each where Microsoft's compiler knows it: in a filter and an __except block, in a filter, in a
   __finally block. */
#define _exception_code()        longshore_exception_code_
#define _exception_info()        longshore_exception_pointers_
#define _abnormal_termination()  longshore_abnormal_

/* Neither compiler sees that a __try whose blocks all return cannot be passed. (In
   C gcc warns all the same where one of them has a __finally block and cannot be passed.) */
#ifdef __clang__
#define LONGSHORE_TRIES_                                                                      \
    _Pragma("clang optimize off")                                                             \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wreturn-type\"")
#define LONGSHORE_TRIED_ _Pragma("GCC diagnostic pop") _Pragma("clang optimize on")
#else
#define LONGSHORE_TRIES_                                                                      \
    _Pragma("GCC push_options") _Pragma("GCC optimize(\"O0\")")                               \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wreturn-type\"")
#define LONGSHORE_TRIED_ _Pragma("GCC diagnostic pop") _Pragma("GCC pop_options")
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
