#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static int handled;
static void handler(const wchar_t *a, const wchar_t *b, const wchar_t *c, unsigned int d, uintptr_t e)
{
    (void)a, (void)b, (void)c, (void)d, (void)e;
    ++handled;
}

int main(void)
{
    char text[8] = "old";
    wchar_t wide[8] = L"old";
    char *context = NULL;
    char list[] = ",a,,bc;d";

    CHECK(strcpy_s(text, sizeof text, "1234567") == 0 && strcmp(text, "1234567") == 0);
    CHECK(strcpy_s(text, sizeof text, "12345678") == ERANGE && text[0] == 0 && errno == ERANGE);
    text[0] = 'x';
    CHECK(strcpy_s(text, sizeof text, NULL) == EINVAL && text[0] == 0);
    CHECK(strcpy_s(NULL, 8, "a") == EINVAL);
    CHECK(strcpy_s(text, 0, "a") == EINVAL);

    CHECK(strcpy_s(text, sizeof text, "abc") == 0 && strcat_s(text, sizeof text, "defg") == 0);
    CHECK(strcmp(text, "abcdefg") == 0);
    CHECK(strcat_s(text, sizeof text, "h") == ERANGE && text[0] == 0);
    memset(text, 'x', sizeof text);
    CHECK(strcat_s(text, sizeof text, "h") == EINVAL && text[0] == 0);

    CHECK(strncpy_s(text, sizeof text, "abcdefghij", 3) == 0 && strcmp(text, "abc") == 0);
    CHECK(strncpy_s(text, sizeof text, "abcdefghij", 9) == ERANGE && text[0] == 0);
    CHECK(strncpy_s(text, sizeof text, "abcdefghij", _TRUNCATE) == STRUNCATE && strcmp(text, "abcdefg") == 0);
    CHECK(strncpy_s(NULL, 0, NULL, 0) == 0);
    strcpy_s(text, sizeof text, "abcde");
    CHECK(strncat_s(text, sizeof text, "fghij", _TRUNCATE) == STRUNCATE && strcmp(text, "abcdefg") == 0);

    CHECK(memcpy_s(text, sizeof text, "0123456789", 10) == ERANGE && text[0] == 0 && text[7] == 0);
    CHECK(memcpy_s(text, sizeof text, "0123", 4) == 0 && memcmp(text, "0123", 4) == 0);
    CHECK(memmove_s(text + 1, 7, text, 4) == 0 && memcmp(text, "00123", 5) == 0);
    CHECK(memmove_s(text, 2, "abc", 3) == ERANGE && text[0] == '0');

    CHECK(strcmp(strtok_s(list, ",;", &context), "a") == 0);
    CHECK(strcmp(strtok_s(NULL, ",;", &context), "bc") == 0);
    CHECK(strcmp(strtok_s(NULL, ",;", &context), "d") == 0);
    CHECK(strtok_s(NULL, ",;", &context) == NULL);

    CHECK(wcscpy_s(wide, 8, L"12345678") == ERANGE && wide[0] == 0);
    CHECK(wcsncpy_s(wide, 8, L"abcdefghij", _TRUNCATE) == STRUNCATE && wcscmp(wide, L"abcdefg") == 0);
    CHECK(_wcsicmp(L"AbC", L"aBc") == 0 && _wcsnicmp(L"abX", L"ABy", 2) == 0 && _wcsicmp(L"a", L"b") < 0);

    CHECK(_stricmp("AbC", "aBc") == 0 && _strnicmp("abX", "ABy", 2) == 0 && _memicmp("AB", "ab", 2) == 0);
    strcpy_s(text, sizeof text, "Hello");
    CHECK(strcmp(_strrev(text), "olleH") == 0 && strcmp(_strupr(text), "OLLEH") == 0);
    CHECK(_strlwr_s(text, sizeof text) == 0 && strcmp(text, "olleh") == 0);
    CHECK(strcmp(_strset(text, 'z'), "zzzzz") == 0);
    CHECK(strnlen_s("abc", 2) == 2 && strnlen_s(NULL, 5) == 0);
    CHECK(strerror_s(text, sizeof text, ENOENT) == 0 && strlen(text) == 7);

    CHECK(_set_invalid_parameter_handler(handler) == NULL);
    CHECK(strcpy_s(text, 2, "abc") == ERANGE && handled == 1);
    CHECK(_set_invalid_parameter_handler(NULL) == handler);

    {
        size_t count = 0;
        char utf8[8];
        CHECK(mbstowcs_s(&count, wide, 8, "a\xED\x95\x9C", _TRUNCATE) == 0 && count == 3 && wide[1] == 0xD55C);
        CHECK(wcstombs_s(&count, utf8, sizeof utf8, L"a\xD55C", _TRUNCATE) == 0 && count == 5);
        CHECK(strcmp(utf8, "a\xED\x95\x9C") == 0);
        CHECK(wcstombs_s(&count, NULL, 0, L"a\xD55C", 0) == 0 && count == 5);
        CHECK(wcstombs_s(&count, utf8, 4, L"a\xD55C", 10) == ERANGE && utf8[0] == 0);
        CHECK(wcstombs_s(&count, utf8, 4, L"a\xD55C", _TRUNCATE) == STRUNCATE && strcmp(utf8, "a") == 0);
    }
    return checked();
}
