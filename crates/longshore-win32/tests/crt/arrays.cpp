// Microsoft's C++ forms: the size of a buffer is deduced, whatever the order of declaration.
#include "check.h"
#include <string>
#include <tchar.h>

int _tmain(int argc, TCHAR **argv)
{
    TCHAR text[8];
    char narrow[8];
    wchar_t wide[8];
    CHECK(_tcscpy_s(text, _T("abc")) == 0 && _tcscat_s(text, _T("defg")) == 0 && _tcslen(text) == 7);
    CHECK(_tcscat_s(text, _T("h")) == ERANGE && text[0] == 0);
    CHECK(_tcsncpy_s(text, _T("abcdefghij"), _TRUNCATE) == STRUNCATE && !_tcscmp(text, _T("abcdefg")));
    CHECK(_stprintf_s(text, _T("%s%d"), _T("a"), 1) == 2 && _tcsicmp(text, _T("A1")) == 0);
    CHECK(_sntprintf_s(text, _TRUNCATE, _T("%s"), _T("0123456789")) == -1 && _tcslen(text) == 7);
    CHECK(_itot_s(99, text, 10) == 0 && _ttoi(text) == 99 && _tstoi64(text) == 99);
    CHECK(sprintf_s(narrow, "%s", "abc") == 3 && swprintf_s(wide, L"%s", L"abc") == 3);
    CHECK(swprintf(wide, L"%d", 5) == 1 && wide[0] == L'5');
    CHECK(std::to_wstring(7) == L"7" && std::to_string(7) == "7");
    CHECK(_countof(text) == 8);
    CHECK(argc == 2 && _tcslen(argv[1]) == sizeof(TCHAR) / sizeof(wchar_t) + 3 * (sizeof(TCHAR) == 1));
    return checked();
}
