/*
 * `main` for programs that have none: those whose entry is wmain, WinMain or wWinMain.
 *
 * To be compiled alone, as C, into an archive of its own (liblongshore_startup.a): the linker takes an
 * archive's member only for a symbol nobody has defined yet, so a program with a main never sees this file.
 *
 * The entry is found by weak references to every name it can have: as C names it, and as g++ and clang++
 * mangle the signatures programs use. None of the signatures needs more than three register arguments, so
 * each is called with all of them and takes what it declares. A weak reference alone takes no member out of
 * an archive: a program whose wmain is in a static library must have that library linked whole.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(name, symbol) extern int name(int, wchar_t **, wchar_t **) __asm__(symbol) __attribute__((weak))
ENTRY(wmain_c, "wmain");
ENTRY(wmain_none, "_Z5wmainv");
ENTRY(wmain_argv, "_Z5wmainiPPw");
ENTRY(wmain_const, "_Z5wmainiPPKw");
ENTRY(wmain_const_const, "_Z5wmainiPKPKw");
ENTRY(wmain_pointer_const, "_Z5wmainiPKPw");
ENTRY(wmain_environment, "_Z5wmainiPPwS0_");
ENTRY(wmain_const_environment, "_Z5wmainiPPKwS1_");
ENTRY(wmain_count, "_Z5wmaini");

/* HINSTANCE is a pointer to struct HINSTANCE__ in the headers; void* in programs that declare it themselves. */
typedef int window_entry(void *instance, void *previous, char *command_line, int show);
typedef int wide_window_entry(void *instance, void *previous, wchar_t *command_line, int show);
#define WINDOW_ENTRY(type, name, symbol) extern type name __asm__(symbol) __attribute__((weak))
WINDOW_ENTRY(window_entry, winmain_c, "WinMain");
WINDOW_ENTRY(window_entry, winmain_handle, "_Z7WinMainP11HINSTANCE__S0_Pci");
WINDOW_ENTRY(window_entry, winmain_void, "_Z7WinMainPvS_Pci");
WINDOW_ENTRY(wide_window_entry, wwinmain_c, "wWinMain");
WINDOW_ENTRY(wide_window_entry, wwinmain_handle, "_Z8wWinMainP11HINSTANCE__S0_Pwi");
WINDOW_ENTRY(wide_window_entry, wwinmain_void, "_Z8wWinMainPvS_Pwi");

/* The CRT's variables of these names; the headers define them weakly. */
__attribute__((weak)) int __argc;
__attribute__((weak)) char **__argv;
__attribute__((weak)) wchar_t **__wargv;

static void out_of_memory(void)
{
    fputs("longshore: no memory for the command line\n", stderr);
    exit(1);
}

/* UTF-8 to UTF-32; a byte that is no part of a character becomes U+FFFD. Independent of the locale. */
static wchar_t *widen(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    wchar_t *wide = malloc((strlen(text) + 1) * sizeof *wide), *next = wide;
    if (!wide)
        out_of_memory();
    while (*at) {
        unsigned int value = *at, least = 0, length = 1, done;
        if (value >= 0xC2 && value <= 0xDF) {
            length = 2, value &= 0x1F, least = 0x80;
        } else if (value >= 0xE0 && value <= 0xEF) {
            length = 3, value &= 0x0F, least = 0x800;
        } else if (value >= 0xF0 && value <= 0xF4) {
            length = 4, value &= 0x07, least = 0x10000;
        } else if (value >= 0x80) {
            value = 0xFFFD;
        }
        for (done = 1; done < length && (at[done] & 0xC0) == 0x80; ++done)
            value = value << 6 | (at[done] & 0x3F);
        if (done < length || value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
            value = 0xFFFD;
            length = 1;
        }
        *next++ = (wchar_t)value;
        at += length;
    }
    *next = 0;
    return wide;
}

static wchar_t **widen_all(char **texts)
{
    size_t count = 0, at;
    wchar_t **wide;
    while (texts[count])
        ++count;
    wide = malloc((count + 1) * sizeof *wide);
    if (!wide)
        out_of_memory();
    for (at = 0; at < count; ++at)
        wide[at] = widen(texts[at]);
    wide[count] = NULL;
    return wide;
}

/* WinMain's command line: the arguments without the program, those with blanks in quotes. */
static char *join(int argc, char **argv)
{
    size_t size = 1;
    char *line, *next;
    int at;
    for (at = 1; at < argc; ++at)
        size += strlen(argv[at]) + 3;
    line = next = malloc(size);
    if (!line)
        out_of_memory();
    for (at = 1; at < argc; ++at) {
        int quoted = !*argv[at] || strpbrk(argv[at], " \t") != NULL;
        next += sprintf(next, "%s%s%s%s", at > 1 ? " " : "", quoted ? "\"" : "", argv[at], quoted ? "\"" : "");
    }
    *next = 0;
    return line;
}

/* What the entry gets, for as long as the process lives: from here, so that nobody takes it for leaked. */
static wchar_t **wide_environment;
static wchar_t *wide_line;
static char *line;

int main(int argc, char **argv, char **environment)
{
    static int (*const entries[])(int, wchar_t **, wchar_t **) = {
        wmain_c,           wmain_none,          wmain_argv,
        wmain_const,       wmain_const_const,   wmain_pointer_const,
        wmain_environment, wmain_const_environment, wmain_count,
    };
    const int show_default = 10;
    size_t at;
    /* The user's numbers and dates stay "C", as on Windows; only text is UTF-8. */
    setlocale(LC_CTYPE, "C.UTF-8");
    __argc = argc;
    __argv = argv;
    __wargv = widen_all(argv);
    for (at = 0; at < sizeof entries / sizeof *entries; ++at)
        if (entries[at]) {
            wide_environment = widen_all(environment);
            return entries[at](argc, __wargv, wide_environment);
        }
    if (wwinmain_c || wwinmain_handle || wwinmain_void) {
        wide_window_entry *entry = wwinmain_c ? wwinmain_c : wwinmain_handle ? wwinmain_handle : wwinmain_void;
        line = join(argc, argv);
        wide_line = widen(line);
        return entry(NULL, NULL, wide_line, show_default);
    }
    if (winmain_c || winmain_handle || winmain_void) {
        window_entry *entry = winmain_c ? winmain_c : winmain_handle ? winmain_handle : winmain_void;
        line = join(argc, argv);
        return entry(NULL, NULL, line, show_default);
    }
    fputs("longshore: the program has no main, wmain, WinMain or wWinMain with a signature known here\n", stderr);
    return 1;
}
