#if 0
it's prose
#endif
L"wide" u8"x" 0x1e+5 1'000 5ui64 