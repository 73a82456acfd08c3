/* Console input and output: _getch, _kbhit, _cprintf and their old names. */
#ifndef LONGSHORE_CONIO_H
#define LONGSHORE_CONIO_H
#pragma GCC system_header

#include <longshore/crt/stdio/console.h>

LONGSHORE_BEGIN
/* The old names belong to <conio.h> alone: a program that does not include it may well have its
   own getch. */
LONGSHORE_INLINE int getch(void) { return longshore_getch(0); }
/* The console functions' names without an underscore. [crt getche] */
LONGSHORE_INLINE int getche(void) { return longshore_getch(1); }
LONGSHORE_INLINE int ungetch(int character) { return longshore_ungetch(character); }
LONGSHORE_INLINE int kbhit(void) { return longshore_kbhit(); }
LONGSHORE_INLINE int putch(int character) { return _putch(character); }
LONGSHORE_INLINE int cputs(const char *text) { return _cputs(text); }
LONGSHORE_END
#define cprintf _cprintf
#define cscanf _cscanf

#endif
