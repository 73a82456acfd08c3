/* What the keyboard functions answer on an input that is no terminal. */
#include "check.h"
#include <conio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) { /* input: "a\nb" */
        CHECK(_kbhit() && _getch() == 'a' && _getch() == '\n');
        CHECK(_ungetch('z') == 'z' && _kbhit() && _getch() == 'z' && getch() == 'b');
    }
    CHECK(!_kbhit());
    CHECK(_getch() == EOF);
    CHECK(system("pause") == 0 && system("cls") == 0);
    return checked();
}
