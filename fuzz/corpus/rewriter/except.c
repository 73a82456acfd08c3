#define LOG(f, ...) printf(f, __VA_ARGS__)
__try { __leave; } __except (1) { goto out; }
