/* The C++ header's names without std::, as Microsoft's has them. */
#ifndef LONGSHORE_NEW_H
#define LONGSHORE_NEW_H
#include <stddef.h>
#ifdef __cplusplus
#include <new>
using std::new_handler;
using std::nothrow;
using std::nothrow_t;
using std::set_new_handler;
#endif
#endif
