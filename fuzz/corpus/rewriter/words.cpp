for each (int x in v) { __asm { mov eax, 1 } } wchar_t* w = L__FUNCTION__; void main() {}
