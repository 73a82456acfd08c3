#include "check.h"
#include <string.h>
#include <wchar.h>

int main(void)
{
    char text[8] = "old", other[8];
    wchar_t wide[8];
    int number = 0, taken = 0;
    long long big = 0;
    double real = 0;
    short small = 0;

    CHECK(sscanf_s("abc 42", "%s %d", text, (unsigned)sizeof text, &number) == 2);
    CHECK(strcmp(text, "abc") == 0 && number == 42);
    /* Seven characters and the terminator fit eight; eight do not. */
    CHECK(sscanf_s("1234567 x", "%s", text, (unsigned)sizeof text) == 1 && strcmp(text, "1234567") == 0);
    text[7] = 'k';
    CHECK(sscanf_s("12345678", "%s", text, 7u) == 0 && text[0] == 0 && text[7] == 'k');
    CHECK(sscanf_s("5 toolong", "%d %s", &number, text, 3u) == 1 && number == 5 && text[0] == 0);
    CHECK(sscanf_s("key=value", "%[^=]=%s", text, 8u, other, 8u) == 2 && strcmp(other, "value") == 0);
    CHECK(sscanf_s("ab]c", "%[]a-b]", text, 8u) == 1 && strcmp(text, "ab]") == 0);
    CHECK(sscanf_s("xyz", "%c%2c", text, 1u, other, 2u) == 2 && text[0] == 'x' && memcmp(other, "yz", 2) == 0);
    CHECK(sscanf_s("xyz", "%3c", text, 2u) == 0);
    CHECK(sscanf_s("1,2.5,0x1F,077", "%hd,%lf,%x,%o", &small, &real, &number, &taken) == 4);
    CHECK(small == 1 && real == 2.5 && number == 31 && taken == 63);
    CHECK(sscanf("-9000000000 x", "%I64d%n", &big, &taken) == 1 && big == -9000000000ll && taken == 11);
    CHECK(sscanf_s("12ab", "%3d%s", &number, text, 8u) == 2 && number == 12 && strcmp(text, "ab") == 0);
    CHECK(sscanf_s("a 1", "%*s %d", &number) == 1 && number == 1);
    CHECK(sscanf_s("", "%d", &number) == EOF && sscanf_s("x", "%d", &number) == 0);
    CHECK(sscanf_s("50%", "%d%%", &number) == 1 && number == 50);

    CHECK(swscanf_s(L"\xD55C 3", L"%s %d", wide, 8u, &number) == 2 && wide[0] == 0xD55C && number == 3);
    CHECK(swscanf_s(L"\xD55C", L"%S", text, 8u) == 1 && strcmp(text, "\xED\x95\x9C") == 0);
    CHECK(swscanf_s(L"\xD55C", L"%S", text, 3u) == 0 && text[0] == 0);
    CHECK(sscanf_s("\xED\x95\x9C", "%S", wide, 8u) == 1 && wide[0] == 0xD55C && wide[1] == 0);
    CHECK(swscanf(L"word", L"%s", wide) == 1 && wcscmp(wide, L"word") == 0);
    return checked();
}
