/* %ld and its kin store as many bytes as the argument has: four in a DWORD, eight in a long. */
#include <windows.h>
#include <stdio.h>
#include "check.h"

static int through_a_list(const char *text, const char *format, ...)
{
    va_list list;
    int fields;
    va_start(list, format);
    fields = vsscanf(text, format, list);
    va_end(list);
    return fields;
}

int main(void)
{
    struct {
        DWORD number, neighbour;
    } pair = {0, 0xAAAAAAAA};
    struct {
        LONG number, neighbour;
    } signs = {0, 0x55555555};
    long all = -1;
    unsigned long unsigned_all = 0;
    long row[2] = {-1, -1};
    int count = 0;
    char word[8];
    WCHAR wide_word[8];

    CHECK(sscanf("7", "%lu", &pair.number) == 1 && pair.number == 7);
    CHECK(pair.neighbour == 0xAAAAAAAA);
    CHECK(sscanf("ff", "%lx", &pair.number) == 1 && pair.number == 0xFF);
    CHECK(sscanf("17", "%lo", &pair.number) == 1 && pair.number == 15);
    CHECK(pair.neighbour == 0xAAAAAAAA);
    CHECK(sscanf("-5 0x10", "%ld %li", &signs.number, &signs.number) == 2 && signs.number == 16);
    CHECK(sscanf("ab", "%*s%ln", &signs.number) >= 0 && signs.number == 2);
    CHECK(signs.neighbour == 0x55555555);
    CHECK(sscanf("4294967295", "%lu", &pair.number) == 1 && pair.number == 0xFFFFFFFF);

    CHECK(sscanf("5000000000", "%ld", &all) == 1 && all == 5000000000);
    CHECK(sscanf("-1", "%ld", &all) == 1 && all == -1);
    CHECK(sscanf("5000000000", "%lu", &unsigned_all) == 1 && unsigned_all == 5000000000);
    CHECK(sscanf("9", "%ld", row) == 1 && row[0] == 9 && row[1] == -1);
    CHECK(sscanf("1 two 5000000000 4", "%d %7s %ld %lu", &count, word, &all, &pair.number) == 4);
    CHECK(count == 1 && all == 5000000000 && pair.number == 4 && pair.neighbour == 0xAAAAAAAA);

    CHECK(sscanf_s("two 8 5000000001", "%s %lu %ld", word, (unsigned)sizeof word, &pair.number, &all)
          == 3);
    CHECK(pair.number == 8 && pair.neighbour == 0xAAAAAAAA && all == 5000000001);
    CHECK(swscanf(L"7 5000000002", L"%lu %ld", &pair.number, &all) == 2);
    CHECK(pair.number == 7 && pair.neighbour == 0xAAAAAAAA && all == 5000000002);
    CHECK(swscanf_s(L"two 6", L"%s %lu", wide_word, (unsigned)_countof(wide_word), &pair.number) == 2);
    CHECK(pair.number == 6 && pair.neighbour == 0xAAAAAAAA);

    /* A list has no types: four bytes, as on Windows. */
    CHECK(through_a_list("3", "%lu", &pair.number) == 1 && pair.number == 3);
    CHECK(pair.neighbour == 0xAAAAAAAA);
    CHECK((sscanf)("2", "%lu", &pair.number) == 1 && pair.neighbour == 0xAAAAAAAA);

    CHECK(sscanf("1.5", "%lf", &(double){0}) == 1);
    CHECK(sscanf("x", "y") == 0);
    return checked();
}
