/* Longshore: text: conversions between UTF-8 (every A call), code pages and wide characters, and
 * the small string functions of user32 and kernel32. */
#ifndef LONGSHORE_TEXT_H
#define LONGSHORE_TEXT_H

#include <stdarg.h>
#include <longshore/abi/types.h>

#define CP_ACP        0
#define CP_OEMCP      1
#define CP_MACCP      2
#define CP_THREAD_ACP 3
#define CP_SYMBOL     42
#define CP_UTF7       65000
#define CP_UTF8       65001
#define MB_PRECOMPOSED          1
#define MB_COMPOSITE            2
#define MB_USEGLYPHCHARS        4
#define MB_ERR_INVALID_CHARS    8
#define WC_COMPOSITECHECK       0x0200
#define WC_DISCARDNS            0x0010
#define WC_SEPCHARS             0x0020
#define WC_DEFAULTCHAR          0x0040
#define WC_ERR_INVALID_CHARS    0x0080
#define WC_NO_BEST_FIT_CHARS    0x0400
#define NORM_IGNORECASE         1
#define NORM_IGNORENONSPACE     2
#define NORM_IGNORESYMBOLS      4
#define LINGUISTIC_IGNORECASE   0x0010
#define LCMAP_LOWERCASE         0x0100
#define LCMAP_UPPERCASE         0x0200
#define CSTR_LESS_THAN          1
#define CSTR_EQUAL              2
#define CSTR_GREATER_THAN       3
#define LOCALE_NAME_MAX_LENGTH  0x0055
#define DATE_SHORTDATE          1
#define DATE_LONGDATE           2
#define TIME_NOMINUTESORSECONDS 1
#define TIME_NOSECONDS          2
#define TIME_NOTIMEMARKER       4
#define TIME_FORCE24HOURFORMAT  8
#define C1_UPPER                1
#define C1_LOWER                2
#define C1_DIGIT                4
#define C1_SPACE                8
#define C1_PUNCT                0x0010
#define C1_CNTRL                0x0020
#define C1_ALPHA                0x0100
#define CT_CTYPE1               1
#define MAX_LEADBYTES   12
#define MAX_DEFAULTCHAR 2
typedef struct _cpinfo {
    UINT MaxCharSize;
    BYTE DefaultChar[MAX_DEFAULTCHAR];
    BYTE LeadByte[MAX_LEADBYTES];
} CPINFO, *LPCPINFO;

LONGSHORE_C_BEGIN
/* Converts narrow text to wide; gives the count, or the room it takes.
   [stringapiset.h MultiByteToWideChar] */
int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte,
    LPWSTR lpWideCharStr, int cchWideChar);
/* Converts wide text to narrow; gives the count, or the room it takes.
   [stringapiset.h WideCharToMultiByte] */
int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar,
    LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar, LPBOOL lpUsedDefaultChar);
/* Gives the code page of A functions: UTF-8. [winnls.h GetACP] */
UINT WINAPI GetACP(VOID);
/* Gives the code page of consoles: UTF-8. [winnls.h GetOEMCP] */
UINT WINAPI GetOEMCP(VOID);
/* Says whether a code page can be converted. [winnls.h IsValidCodePage] */
BOOL WINAPI IsValidCodePage(UINT CodePage);
/* Describes a code page. [winnls.h GetCPInfo] */
BOOL WINAPI GetCPInfo(UINT CodePage, LPCPINFO lpCPInfo);
/* Says whether a byte begins a character of two bytes: never in UTF-8. [winnls.h IsDBCSLeadByte] */
BOOL WINAPI IsDBCSLeadByte(BYTE TestChar);
/* Says whether a byte begins a character of two bytes in a code page.
   [winnls.h IsDBCSLeadByteEx] */
BOOL WINAPI IsDBCSLeadByteEx(UINT CodePage, BYTE TestChar);
/* Gives the locale of the user. [winnls.h GetUserDefaultLCID] */
LCID WINAPI GetUserDefaultLCID(VOID);
/* Gives the locale of the system. [winnls.h GetSystemDefaultLCID] */
LCID WINAPI GetSystemDefaultLCID(VOID);
/* Gives the locale of the thread. [winnls.h GetThreadLocale] */
LCID WINAPI GetThreadLocale(VOID);
/* Accepted: there is one locale. [winnls.h SetThreadLocale] */
BOOL WINAPI SetThreadLocale(LCID Locale);
/* Gives the language of the user. [winnls.h GetUserDefaultLangID] */
LANGID WINAPI GetUserDefaultLangID(VOID);
/* Gives the language of the system. [winnls.h GetSystemDefaultLangID] */
LANGID WINAPI GetSystemDefaultLangID(VOID);
/* Gives the language of the user's screens. [winnls.h GetUserDefaultUILanguage] */
LANGID WINAPI GetUserDefaultUILanguage(VOID);
/* Gives the name of the user's locale. [winnls.h GetUserDefaultLocaleName] */
int WINAPI GetUserDefaultLocaleName(LPWSTR lpLocaleName, int cchLocaleName);

/* Compares text: 1 less, 2 equal, 3 greater, 0 an error. [winnls.h CompareStringA/W] */
int WINAPI CompareStringA(LCID Locale, DWORD dwCmpFlags, LPCCH lpString1, int cchCount1,
    LPCCH lpString2, int cchCount2);
int WINAPI CompareStringW(LCID Locale, DWORD dwCmpFlags, LPCWCH lpString1, int cchCount1,
    LPCWCH lpString2, int cchCount2);
/* Compares text by the numbers of its characters. [stringapiset.h CompareStringOrdinal] */
int WINAPI CompareStringOrdinal(LPCWCH lpString1, int cchCount1, LPCWCH lpString2, int cchCount2,
    BOOL bIgnoreCase);
/* Writes text in upper or lower case; gives the length, or the room it takes.
   [winnls.h LCMapStringA/W] */
int WINAPI LCMapStringA(LCID Locale, DWORD dwMapFlags, LPCSTR lpSrcStr, int cchSrc, LPSTR lpDestStr,
    int cchDest);
int WINAPI LCMapStringW(LCID Locale, DWORD dwMapFlags, LPCWSTR lpSrcStr, int cchSrc,
    LPWSTR lpDestStr, int cchDest);
/* Writes a date by a picture such as yyyy-MM-dd. [datetimeapi.h GetDateFormatA/W] */
int WINAPI GetDateFormatA(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpDate, LPCSTR lpFormat,
    LPSTR lpDateStr, int cchDate);
int WINAPI GetDateFormatW(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpDate, LPCWSTR lpFormat,
    LPWSTR lpDateStr, int cchDate);
/* Writes a time by a picture such as HH:mm:ss. [datetimeapi.h GetTimeFormatA/W] */
int WINAPI GetTimeFormatA(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpTime, LPCSTR lpFormat,
    LPSTR lpTimeStr, int cchTime);
int WINAPI GetTimeFormatW(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpTime, LPCWSTR lpFormat,
    LPWSTR lpTimeStr, int cchTime);

/* Gives the length of a string; 0 for NULL. [winbase.h lstrlenA/W] */
int WINAPI lstrlenA(LPCSTR lpString);
int WINAPI lstrlenW(LPCWSTR lpString);
/* Copies a string; NULL if either is NULL. [winbase.h lstrcpyA/W] */
LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2);
LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2);
/* Copies a string, cut to the room with its NUL. [winbase.h lstrcpynA/W] */
LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength);
LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength);
/* Appends a string; NULL if either is NULL. [winbase.h lstrcatA/W] */
LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2);
LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2);
/* Compares strings as a dictionary does. [winbase.h lstrcmpA/W] */
int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2);
int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
/* Compares strings as a dictionary does, in any case. [winbase.h lstrcmpiA/W] */
int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2);
int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2);
/* Formats text of at most 1024 characters. [winuser.h wsprintfA/W] */
int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...);
int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...);
/* Formats text of at most 1024 characters, with a va_list. [winuser.h wvsprintfA/W] */
int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, va_list arglist);
int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, va_list arglist);
/* Changes a string, or one character, to upper case. [winuser.h CharUpperA/W] */
LPSTR WINAPI CharUpperA(LPSTR lpsz);
LPWSTR WINAPI CharUpperW(LPWSTR lpsz);
/* Changes a string, or one character, to lower case. [winuser.h CharLowerA/W] */
LPSTR WINAPI CharLowerA(LPSTR lpsz);
LPWSTR WINAPI CharLowerW(LPWSTR lpsz);
/* Changes counted text to upper case; gives the count. [winuser.h CharUpperBuffA/W] */
DWORD WINAPI CharUpperBuffA(LPSTR lpsz, DWORD cchLength);
DWORD WINAPI CharUpperBuffW(LPWSTR lpsz, DWORD cchLength);
/* Changes counted text to lower case; gives the count. [winuser.h CharLowerBuffA/W] */
DWORD WINAPI CharLowerBuffA(LPSTR lpsz, DWORD cchLength);
DWORD WINAPI CharLowerBuffW(LPWSTR lpsz, DWORD cchLength);
/* Gives the address of the next character; at the NUL, the same. [winuser.h CharNextA/W] */
LPSTR WINAPI CharNextA(LPCSTR lpsz);
LPWSTR WINAPI CharNextW(LPCWSTR lpsz);
/* Gives the address of the character before; at the start, the same. [winuser.h CharPrevA/W] */
LPSTR WINAPI CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent);
LPWSTR WINAPI CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent);
/* Says whether a character is a letter. [winuser.h IsCharAlphaA/W] */
BOOL WINAPI IsCharAlphaA(CHAR ch);
BOOL WINAPI IsCharAlphaW(WCHAR ch);
/* Says whether a character is a letter or a digit. [winuser.h IsCharAlphaNumericA/W] */
BOOL WINAPI IsCharAlphaNumericA(CHAR ch);
BOOL WINAPI IsCharAlphaNumericW(WCHAR ch);

/* Reads a value of an .ini file, or lists its keys or sections.
   [winbase.h GetPrivateProfileStringA/W] */
DWORD WINAPI GetPrivateProfileStringA(LPCSTR lpAppName, LPCSTR lpKeyName, LPCSTR lpDefault,
    LPSTR lpReturnedString, DWORD nSize, LPCSTR lpFileName);
DWORD WINAPI GetPrivateProfileStringW(LPCWSTR lpAppName, LPCWSTR lpKeyName, LPCWSTR lpDefault,
    LPWSTR lpReturnedString, DWORD nSize, LPCWSTR lpFileName);
/* Reads a number of an .ini file. [winbase.h GetPrivateProfileIntA/W] */
UINT WINAPI GetPrivateProfileIntA(LPCSTR lpAppName, LPCSTR lpKeyName, INT nDefault,
    LPCSTR lpFileName);
UINT WINAPI GetPrivateProfileIntW(LPCWSTR lpAppName, LPCWSTR lpKeyName, INT nDefault,
    LPCWSTR lpFileName);
/* Writes a value of an .ini file, or removes a key or a section.
   [winbase.h WritePrivateProfileStringA/W] */
BOOL WINAPI WritePrivateProfileStringA(LPCSTR lpAppName, LPCSTR lpKeyName, LPCSTR lpString,
    LPCSTR lpFileName);
BOOL WINAPI WritePrivateProfileStringW(LPCWSTR lpAppName, LPCWSTR lpKeyName, LPCWSTR lpString,
    LPCWSTR lpFileName);
/* Lists the keys and values of a section of an .ini file.
   [winbase.h GetPrivateProfileSectionA/W] */
DWORD WINAPI GetPrivateProfileSectionA(LPCSTR lpAppName, LPSTR lpReturnedString, DWORD nSize,
    LPCSTR lpFileName);
DWORD WINAPI GetPrivateProfileSectionW(LPCWSTR lpAppName, LPWSTR lpReturnedString, DWORD nSize,
    LPCWSTR lpFileName);
/* Lists the sections of an .ini file. [winbase.h GetPrivateProfileSectionNamesA/W] */
DWORD WINAPI GetPrivateProfileSectionNamesA(LPSTR lpszReturnBuffer, DWORD nSize, LPCSTR lpFileName);
DWORD WINAPI GetPrivateProfileSectionNamesW(LPWSTR lpszReturnBuffer, DWORD nSize,
    LPCWSTR lpFileName);
LONGSHORE_C_END

#define CompareString                 LONGSHORE_AW(CompareString)
#define LCMapString                   LONGSHORE_AW(LCMapString)
#define GetDateFormat                 LONGSHORE_AW(GetDateFormat)
#define GetTimeFormat                 LONGSHORE_AW(GetTimeFormat)
#define lstrlen                       LONGSHORE_AW(lstrlen)
#define lstrcpy                       LONGSHORE_AW(lstrcpy)
#define lstrcpyn                      LONGSHORE_AW(lstrcpyn)
#define lstrcat                       LONGSHORE_AW(lstrcat)
#define lstrcmp                       LONGSHORE_AW(lstrcmp)
#define lstrcmpi                      LONGSHORE_AW(lstrcmpi)
#define wsprintf                      LONGSHORE_AW(wsprintf)
#define wvsprintf                     LONGSHORE_AW(wvsprintf)
#define CharUpper                     LONGSHORE_AW(CharUpper)
#define CharLower                     LONGSHORE_AW(CharLower)
#define CharUpperBuff                 LONGSHORE_AW(CharUpperBuff)
#define CharLowerBuff                 LONGSHORE_AW(CharLowerBuff)
#define CharNext                      LONGSHORE_AW(CharNext)
#define CharPrev                      LONGSHORE_AW(CharPrev)
#define IsCharAlpha                   LONGSHORE_AW(IsCharAlpha)
#define IsCharAlphaNumeric            LONGSHORE_AW(IsCharAlphaNumeric)
#define GetPrivateProfileString       LONGSHORE_AW(GetPrivateProfileString)
#define GetPrivateProfileInt          LONGSHORE_AW(GetPrivateProfileInt)
#define WritePrivateProfileString     LONGSHORE_AW(WritePrivateProfileString)
#define GetPrivateProfileSection      LONGSHORE_AW(GetPrivateProfileSection)
#define GetPrivateProfileSectionNames LONGSHORE_AW(GetPrivateProfileSectionNames)

#endif
