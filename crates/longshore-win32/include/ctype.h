/* glibc's <ctype.h>, then Microsoft's names. */
#pragma GCC system_header
#include_next <ctype.h>
#ifndef LONGSHORE_CTYPE_H
#define LONGSHORE_CTYPE_H
#include <longshore/crt/base.h>
#ifndef __isascii
#define __isascii(character) ((unsigned int)(character) < 0x80)
#define __toascii(character) ((character) & 0x7F)
#endif
LONGSHORE_BEGIN
/* Whether a character may be in a name (a letter, a digit, _). [crt iscsym] */
LONGSHORE_INLINE int __iscsym(int character)
{
    return character == '_' || (character >= '0' && character <= '9') ||
           (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}
/* Whether a character may begin a name. [crt iscsymf] */
LONGSHORE_INLINE int __iscsymf(int character)
{
    return __iscsym(character) && !(character >= '0' && character <= '9');
}
/* Whether a wide character is ASCII. [crt iswascii] */
LONGSHORE_INLINE int iswascii(unsigned int character) { return character < 0x80; }
LONGSHORE_END
/* Only ever applied to letters. */
#undef _tolower
#undef _toupper
#define _tolower(character) ((character) - 'A' + 'a')
#define _toupper(character) ((character) - 'a' + 'A')
#endif
