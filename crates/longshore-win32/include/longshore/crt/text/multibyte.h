/* Multi-byte strings: UTF-8 handled byte by byte, as MSVC does without a double-byte code page. */
#ifndef LONGSHORE_MBSTRING_H
#define LONGSHORE_MBSTRING_H
#pragma GCC system_header

#include <longshore/crt/text/multibyte_types.h>
#include <string.h>

#define LONGSHORE_MBS(text) ((char *)(uintptr_t)(text))
#define _mbslen(text) ((size_t)strlen(LONGSHORE_MBS(text)))
#define _mbscpy(to, from) ((unsigned char *)strcpy(LONGSHORE_MBS(to), LONGSHORE_MBS(from)))
#define _mbscat(to, from) ((unsigned char *)strcat(LONGSHORE_MBS(to), LONGSHORE_MBS(from)))
#define _mbscmp(left, right) strcmp(LONGSHORE_MBS(left), LONGSHORE_MBS(right))
#define _mbsicmp(left, right) _stricmp(LONGSHORE_MBS(left), LONGSHORE_MBS(right))
#define _mbsncmp(left, right, count) strncmp(LONGSHORE_MBS(left), LONGSHORE_MBS(right), (count))
#define _mbschr(text, character) ((unsigned char *)strchr(LONGSHORE_MBS(text), (int)(character)))
#define _mbsrchr(text, character) ((unsigned char *)strrchr(LONGSHORE_MBS(text), (int)(character)))
#define _mbsstr(text, found) ((unsigned char *)strstr(LONGSHORE_MBS(text), LONGSHORE_MBS(found)))
#define _mbscpy_s(to, size, from) strcpy_s(LONGSHORE_MBS(to), (size), LONGSHORE_MBS(from))
#define _mbscat_s(to, size, from) strcat_s(LONGSHORE_MBS(to), (size), LONGSHORE_MBS(from))

#endif
