/* Multi-byte character types. Narrow text is UTF-8: no lead and trail bytes in Microsoft's
   sense. */
#ifndef LONGSHORE_MBCTYPE_H
#define LONGSHORE_MBCTYPE_H
#pragma GCC system_header

#include <longshore/crt/text/string.h>

#define _MB_CP_SBCS 0
#define _MB_CP_OEM (-2)
#define _MB_CP_ANSI (-3)
#define _MB_CP_LOCALE (-4)
#define _MB_CP_UTF8 65001

LONGSHORE_BEGIN
/* The multibyte code page: none, because text is UTF-8. [crt _setmbcp] */
LONGSHORE_INLINE int _setmbcp(int page)
{
    (void)page;
    return 0;
}
LONGSHORE_INLINE int _getmbcp(void) { return 0; }
LONGSHORE_INLINE int _ismbblead(unsigned int byte)
{
    (void)byte;
    return 0;
}
LONGSHORE_INLINE int _ismbbtrail(unsigned int byte)
{
    (void)byte;
    return 0;
}
LONGSHORE_END

#endif
