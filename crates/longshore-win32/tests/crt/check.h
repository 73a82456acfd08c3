/* Counts what is not so; a program ends with `return checked()`. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
static int failures;
#define CHECK(condition)                                                                                              \
    do {                                                                                                              \
        if (!(condition)) {                                                                                           \
            ++failures;                                                                                               \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                   \
        }                                                                                                             \
    } while (0)
static int checked(void) { return failures != 0; }
#endif
