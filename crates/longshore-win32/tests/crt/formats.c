#include "check.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static int counted(const char *format, ...)
{
    va_list list;
    int length;
    va_start(list, format);
    length = _vscprintf(format, list);
    va_end(list);
    return length;
}

int main(void)
{
    char text[32];
    wchar_t wide[32];
    volatile int minus = -1; /* gcc computes the length of constants itself, without our rule */

    CHECK(sprintf_s(text, sizeof text, "%s %d", "abc", 7) == 5 && strcmp(text, "abc 7") == 0);
    CHECK(sprintf_s(text, 4, "%s", "abcd") == -1 && text[0] == 0 && errno == ERANGE);
    CHECK(_snprintf_s(text, 8, _TRUNCATE, "%s", "0123456789") == -1 && strcmp(text, "0123456") == 0);
    CHECK(_snprintf_s(text, 8, 3, "%s", "0123456789") == -1 && strcmp(text, "012") == 0);
    CHECK(_snprintf_s(text, 8, 20, "%s", "0123456789") == -1 && text[0] == 0);

    memset(text, 'x', sizeof text);
    CHECK(_snprintf(text, 4, "%s", "abcd") == 4 && memcmp(text, "abcdx", 5) == 0);
    CHECK(_snprintf(text, 4, "%s", "efghi") == -1 && memcmp(text, "efghx", 5) == 0);
    CHECK(snprintf(text, 4, "%s", "abcdef") == 6 && strcmp(text, "abc") == 0);
    CHECK(_scprintf("%05d", 42) == 5 && counted("%s-%s", "ab", "c") == 4);

    CHECK(sprintf(text, "%I64d %I64X", -5ll, 255ull) == 5 && strcmp(text, "-5 FF") == 0);
    CHECK(sprintf(text, "%S|%ls|%hs", L"w", L"\xD55C", "n") == 7 && strcmp(text, "w|\xED\x95\x9C|n") == 0);
    /* DWORD and LONG are 32 bits wide and printed with l. The ninth argument is on the stack. */
    CHECK(sprintf(text, "%d%d%d%d%d%d%ld %lu", 1, 2, 3, 4, 5, 6, minus, minus) == 19);
    CHECK(strcmp(text, "123456-1 4294967295") == 0);
    CHECK(sprintf(text, "%" PRIu64, (uint64_t)1 << 40) == 13 && strcmp(text, "1099511627776") == 0);
    CHECK(sprintf(text, "%s", (char *)NULL) == 6 && strcmp(text, "(null)") == 0);

    CHECK(swprintf(wide, 32, L"%s|%S|%hs|%ls|%c", L"w", "n", "h", L"l", L'c') == 9);
    CHECK(wcscmp(wide, L"w|n|h|l|c") == 0);
    CHECK(swprintf(wide, 4, L"%s", L"abcd") == -1);
    CHECK(swprintf_s(wide, 4, L"%s", L"abcd") == -1 && wide[0] == 0);
    CHECK(_snwprintf_s(wide, 4, _TRUNCATE, L"%s", L"abcd") == -1 && wcscmp(wide, L"abc") == 0);
    CHECK(_snwprintf(wide, 8, L"%4.1f", 2.25) == 4 && wcscmp(wide, L" 2.2") == 0);
    CHECK(_scwprintf(L"%s", L"abc") == 3);
    return checked();
}
