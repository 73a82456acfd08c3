int main()
{
    __try { return 5i64; } __finally { done(); }
}
