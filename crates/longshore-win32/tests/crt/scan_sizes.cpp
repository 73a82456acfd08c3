// %ld and its kin store as many bytes as the argument has, through the names of std as well.
#include <cstdio>
#include <windows.h>
#include "check.h"

int main()
{
    struct {
        DWORD number, neighbour;
    } pair = {0, 0xAAAAAAAA};
    long all = -1;
    long row[2] = {-1, -1};
    char word[8];

    CHECK(sscanf("7", "%lu", &pair.number) == 1 && pair.number == 7);
    CHECK(pair.neighbour == 0xAAAAAAAA);
    CHECK(std::sscanf("8 5000000000", "%lu %ld", &pair.number, &all) == 2);
    CHECK(pair.number == 8 && pair.neighbour == 0xAAAAAAAA && all == 5000000000);
    CHECK(sscanf("9", "%ld", row) == 1 && row[0] == 9 && row[1] == -1);
    CHECK(sscanf_s("two 6 -1", "%s %lx %ld", word, unsigned(sizeof word), &pair.number, &all) == 3);
    CHECK(pair.number == 6 && pair.neighbour == 0xAAAAAAAA && all == -1);
    CHECK(swscanf(L"5", L"%lu", &pair.number) == 1 && pair.neighbour == 0xAAAAAAAA);
    CHECK(sscanf("x", "y") == 0);
    int (*pointer)(const char *, const char *, ...) = sscanf;
    CHECK(pointer("4", "%lu", &pair.number) == 1 && pair.neighbour == 0xAAAAAAAA);
    return checked();
}
