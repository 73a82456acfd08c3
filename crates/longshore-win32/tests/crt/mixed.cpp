// Narrow and wide output in turn, by every road.
#include <iostream>
#include <cstdio>
#include <cwchar>

int main()
{
    printf("one\n");
    std::wcout << L"두 " << 2 << std::endl;
    wprintf(L"%s %S\n", L"셋", "three");
    std::cout << "four" << std::endl;
    _putws(L"다섯");
    std::printf("%S\n", L"여섯");
    fputws(L"seven\n", stdout);
    std::wcout << L"여덟\n" << std::flush;
    std::puts("nine");
    std::wcerr << L"오류" << std::endl;

    std::wstring line;
    std::getline(std::wcin, line);
    std::wcout << L"[" << line << L"]" << std::endl;
    char word[16];
    if (scanf_s("%s", word, static_cast<unsigned>(sizeof word)) == 1)
        std::printf("[%s]\n", word);
    return std::wcout.good() && std::cout.good() ? 0 : 1;
}
