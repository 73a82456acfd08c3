/* C++ exception handling as MSVC names it. */
#ifndef LONGSHORE_EH_H
#define LONGSHORE_EH_H
#pragma GCC system_header
#ifdef __cplusplus
#include <exception>
extern "C++" {
typedef void (*terminate_function)();
typedef void (*unexpected_function)();
typedef terminate_function terminate_handler;
struct _EXCEPTION_POINTERS;
typedef void (*_se_translator_function)(unsigned int, struct _EXCEPTION_POINTERS *);
/* Structured exceptions are signals here; none is turned into a C++ exception. */
inline _se_translator_function _set_se_translator(_se_translator_function) { return nullptr; }
/* Sets the function that std::terminate calls. [crt set_terminate] */
inline terminate_function set_terminate(terminate_function handler) noexcept
{
    return std::set_terminate(handler);
}
}
#endif
#endif
