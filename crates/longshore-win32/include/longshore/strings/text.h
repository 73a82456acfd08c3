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
typedef struct _cpinfo { UINT MaxCharSize; BYTE DefaultChar[MAX_DEFAULTCHAR]; BYTE LeadByte[MAX_LEADBYTES]; } CPINFO, *LPCPINFO;

LONGSHORE_C_BEGIN
int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar, LPBOOL lpUsedDefaultChar);
UINT WINAPI GetACP(VOID);
UINT WINAPI GetOEMCP(VOID);
BOOL WINAPI IsValidCodePage(UINT CodePage);
BOOL WINAPI GetCPInfo(UINT CodePage, LPCPINFO lpCPInfo);
BOOL WINAPI IsDBCSLeadByte(BYTE TestChar);
BOOL WINAPI IsDBCSLeadByteEx(UINT CodePage, BYTE TestChar);
LCID WINAPI GetUserDefaultLCID(VOID);
LCID WINAPI GetSystemDefaultLCID(VOID);
LCID WINAPI GetThreadLocale(VOID);
BOOL WINAPI SetThreadLocale(LCID Locale);
LANGID WINAPI GetUserDefaultLangID(VOID);
LANGID WINAPI GetSystemDefaultLangID(VOID);
LANGID WINAPI GetUserDefaultUILanguage(VOID);
int WINAPI GetUserDefaultLocaleName(LPWSTR lpLocaleName, int cchLocaleName);

int WINAPI CompareStringA(LCID Locale, DWORD dwCmpFlags, LPCCH lpString1, int cchCount1, LPCCH lpString2, int cchCount2);
int WINAPI CompareStringW(LCID Locale, DWORD dwCmpFlags, LPCWCH lpString1, int cchCount1, LPCWCH lpString2, int cchCount2);
int WINAPI CompareStringOrdinal(LPCWCH lpString1, int cchCount1, LPCWCH lpString2, int cchCount2, BOOL bIgnoreCase);
int WINAPI LCMapStringA(LCID Locale, DWORD dwMapFlags, LPCSTR lpSrcStr, int cchSrc, LPSTR lpDestStr, int cchDest);
int WINAPI LCMapStringW(LCID Locale, DWORD dwMapFlags, LPCWSTR lpSrcStr, int cchSrc, LPWSTR lpDestStr, int cchDest);
int WINAPI GetDateFormatA(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpDate, LPCSTR lpFormat, LPSTR lpDateStr, int cchDate);
int WINAPI GetDateFormatW(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpDate, LPCWSTR lpFormat, LPWSTR lpDateStr, int cchDate);
int WINAPI GetTimeFormatA(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpTime, LPCSTR lpFormat, LPSTR lpTimeStr, int cchTime);
int WINAPI GetTimeFormatW(LCID Locale, DWORD dwFlags, const SYSTEMTIME *lpTime, LPCWSTR lpFormat, LPWSTR lpTimeStr, int cchTime);

int WINAPI lstrlenA(LPCSTR lpString);
int WINAPI lstrlenW(LPCWSTR lpString);
LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2);
LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2);
LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength);
LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength);
LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2);
LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2);
int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2);
int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2);
int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2);
int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...);
int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...);
int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, va_list arglist);
int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, va_list arglist);
LPSTR WINAPI CharUpperA(LPSTR lpsz);
LPWSTR WINAPI CharUpperW(LPWSTR lpsz);
LPSTR WINAPI CharLowerA(LPSTR lpsz);
LPWSTR WINAPI CharLowerW(LPWSTR lpsz);
DWORD WINAPI CharUpperBuffA(LPSTR lpsz, DWORD cchLength);
DWORD WINAPI CharUpperBuffW(LPWSTR lpsz, DWORD cchLength);
DWORD WINAPI CharLowerBuffA(LPSTR lpsz, DWORD cchLength);
DWORD WINAPI CharLowerBuffW(LPWSTR lpsz, DWORD cchLength);
LPSTR WINAPI CharNextA(LPCSTR lpsz);
LPWSTR WINAPI CharNextW(LPCWSTR lpsz);
LPSTR WINAPI CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent);
LPWSTR WINAPI CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent);
BOOL WINAPI IsCharAlphaA(CHAR ch);
BOOL WINAPI IsCharAlphaW(WCHAR ch);
BOOL WINAPI IsCharAlphaNumericA(CHAR ch);
BOOL WINAPI IsCharAlphaNumericW(WCHAR ch);

DWORD WINAPI GetPrivateProfileStringA(LPCSTR lpAppName, LPCSTR lpKeyName, LPCSTR lpDefault, LPSTR lpReturnedString, DWORD nSize, LPCSTR lpFileName);
DWORD WINAPI GetPrivateProfileStringW(LPCWSTR lpAppName, LPCWSTR lpKeyName, LPCWSTR lpDefault, LPWSTR lpReturnedString, DWORD nSize, LPCWSTR lpFileName);
UINT WINAPI GetPrivateProfileIntA(LPCSTR lpAppName, LPCSTR lpKeyName, INT nDefault, LPCSTR lpFileName);
UINT WINAPI GetPrivateProfileIntW(LPCWSTR lpAppName, LPCWSTR lpKeyName, INT nDefault, LPCWSTR lpFileName);
BOOL WINAPI WritePrivateProfileStringA(LPCSTR lpAppName, LPCSTR lpKeyName, LPCSTR lpString, LPCSTR lpFileName);
BOOL WINAPI WritePrivateProfileStringW(LPCWSTR lpAppName, LPCWSTR lpKeyName, LPCWSTR lpString, LPCWSTR lpFileName);
DWORD WINAPI GetPrivateProfileSectionA(LPCSTR lpAppName, LPSTR lpReturnedString, DWORD nSize, LPCSTR lpFileName);
DWORD WINAPI GetPrivateProfileSectionW(LPCWSTR lpAppName, LPWSTR lpReturnedString, DWORD nSize, LPCWSTR lpFileName);
DWORD WINAPI GetPrivateProfileSectionNamesA(LPSTR lpszReturnBuffer, DWORD nSize, LPCSTR lpFileName);
DWORD WINAPI GetPrivateProfileSectionNamesW(LPWSTR lpszReturnBuffer, DWORD nSize, LPCWSTR lpFileName);
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
