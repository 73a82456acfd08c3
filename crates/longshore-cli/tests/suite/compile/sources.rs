//! `longshore cc` and `c++`: what Windows sources contain, compiled for real and run.

use std::fs;
use std::process::Command;

use longshore_fixtures::needs;

use crate::fixtures::windows_tree::{Tree, compilers};

#[test]
fn header_names_are_found_in_any_case_and_with_backslashes() {
    let tree = Tree::new(&[
        (
            "src/Main.Cpp",
            "#include \"StdAfx.h\"\n#include <Stdio.H>\n#include \"..\\COMMON\\util.h\"\nint main() { puts(\"ok\"); return util(); }\n",
        ),
        ("src/stdafx.h", "#pragma once\n#include \"sub\\Deep.h\"\n"),
        ("src/Sub/deep.h", "#pragma once\n#include \"../../common/UTIL.H\"\n"),
        ("Common/Util.h", "#pragma once\ninline int util() { return 0; }\n"),
    ]);
    for (cxx, _) in compilers() {
        assert_eq!(tree.program(&["c++", "--compiler", cxx, "src/Main.Cpp"]), "ok\n");
    }
}

#[test]
fn headers_in_include_directories_are_found_in_any_case() {
    needs!("gcc");
    let tree = Tree::new(&[
        ("a.c", "#include <NET/Session.h>\nint main(void) { return session() - 4; }\n"),
        ("inc/net/session.h", "static int session(void) { return 4i64; }\n"),
    ]);
    tree.program(&["cc", "-I", "inc", "a.c"]);
}

#[test]
fn utf16_and_code_pages_are_read() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[]);
    let source = "#include \"wide.h\"\n#include <cstdio>\nint main() { return wcslen(text) == 2 ? 0 : 1; }\n";
    let utf16: Vec<u8> =
        [0xFEFF].into_iter().chain(source.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    tree.write("a.cpp", &utf16);
    // CP949: two Korean syllables.
    tree.write("wide.h", b"// \xbc\xad\xb9\xf6\xb8\xa6 \xbd\xc3\xc0\xdb\xc7\xd5\xb4\xcf\xb4\xd9\r\nconst wchar_t* text = L\"\xc7\xd1\xb1\xdb\";\r\n");
    // GBK: the comment's last byte is a backslash, which must not swallow the next line.
    tree.write("b.c", b"// \xb7\xfe\xce\xf1\xc6\xf7\xc6\xf4\xb6\xaf\xa3\xac\xb5\xc8\xb4\xfd\xbf\xcd\xbb\xa7\xb6\xcb\xc1\xac\xbd\xd3 \x81\x5c\nint value = 7;\nint main(void) { return value - 7; }\n");
    tree.program(&["c++", "a.cpp"]);
    tree.program(&["cc", "b.c"]);
    tree.program(&["cc", "--source-charset=gbk", "b.c"]);
}

const FINALLY: &str = r#"
#include <stdio.h>
static int order = 0;
static int by_return(int x) { __try { if (x) return x; } __finally { order = order * 10 + 1; } return -1; }
static void by_leave(void) { int i = 0; __try { if (!i) __leave; order = 0; } __finally { order = order * 10 + 2; } }
static void by_break(void) { for (;;) { __try { break; } __finally { order = order * 10 + 3; } } }
static void by_goto(void) { __try { goto out; } __finally { order = order * 10 + 4; } out: ; }
static void nested(void)
{
    __try {
        __try { __leave; } __finally { order = order * 10 + 5; }
        order = order * 10 + 6;
    }
    __finally
    {
        order = order * 10 + 7;
    }
}
static int counted(void) { int sum = 0; for (int i = 0; i < 3; ++i) { __try { continue; } __finally { sum += i; } } return sum; }
static int handled(void) { __try { order = order * 10 + 8; } __except (1) { order = 0; } return 5; }
int main(void)
{
    if (by_return(9) != 9 || by_return(0) != -1) return 1;
    by_leave(); by_break(); by_goto(); nested();
    if (counted() != 3 || handled() != 5) return 2;
    char line[32];
    snprintf(line, sizeof line, "%d", order);
    puts(line);
    return 0;
}
"#;

#[test]
fn a_finally_block_runs_on_every_way_out() {
    let tree = Tree::new(&[("a.c", FINALLY), ("a.cpp", FINALLY)]);
    for (cxx, c) in compilers() {
        for level in ["-O0", "-O2"] {
            assert_eq!(tree.program(&["c++", "--compiler", cxx, level, "a.cpp"]), "112345678\n", "{cxx}");
            assert_eq!(tree.program(&["cc", "--compiler", c, level, "a.c"]), "112345678\n", "{c}");
        }
    }
}

#[test]
fn a_finally_block_runs_when_an_exception_passes() {
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <vector>\n#include <stdexcept>\nint ran = 0;\nvoid f() { __try { throw std::runtime_error(\"x\"); } __finally { ran = 1; } }\n\
         int main() { try { f(); } catch (const std::exception&) { return ran == 1 ? 0 : 1; } return 2; }\n",
    )]);
    for (cxx, _) in compilers() {
        tree.program(&["c++", "--compiler", cxx, "a.cpp"]);
    }
}

#[test]
fn words_of_the_microsoft_compiler_mean_what_they_mean_there() {
    needs!("g++");
    let tree = Tree::new(&[(
        "a.cpp",
        r#"
#include <string>
struct Shape abstract { virtual ~Shape() {} virtual int sides() const abstract; };
struct Square sealed : Shape { int sides() const override sealed { return 4; } };
__declspec(noinline) __int64 big() { return 0x7fffffffffffffffi64; }
unsigned __int64 __stdcall bigger(__in int x) { return 18446744073709551615ui64; }
const wchar_t* wide() { return L__FUNCTION__; }
struct Log { static const char* here() { return "[" __FUNCTION__ "]"; } };
void main()
{
    Square square;
    int total = 0;
    for each (int x in std::vector<int>{1, 2, 3}) total += x;
    bool right = square.sides() == 4 && total == 6 && big() > 0 && bigger(1) + 1 == 0;
    right = right && std::wstring(wide()) == L"wide" && std::string(Log::here()) == "[here]";
    puts(right ? "right" : "wrong");
}
"#,
    )]);
    assert_eq!(tree.program(&["c++", "a.cpp"]), "right\n");
}

#[test]
fn standard_headers_nobody_included_are_there() {
    needs!("g++");
    let tree = Tree::new(&[
        (
            "a.cpp",
            "int main() { std::vector<std::string> v; v.push_back(\"x\"); std::function<int()> f = [] { return 0; }; printf(\"%s\", v[0].c_str()); return f(); }\n",
        ),
        ("b.c", "int main(void) { char b[4]; memset(b, 0, sizeof b); return (int)strlen(b); }\n"),
    ]);
    for (cxx, c) in compilers() {
        assert_eq!(tree.program(&["c++", "--compiler", cxx, "a.cpp"]), "x");
        tree.program(&["cc", "--compiler", c, "-Werror", "b.c"]);
    }
    tree.run(&["c++", "--no-prelude", "-c", "a.cpp"]).failed_with(&["a.cpp:1:"]);
}

#[test]
fn pragmas_of_the_microsoft_compiler_pass_in_silence() {
    let tree = Tree::new(&[(
        "a.cpp",
        "#pragma comment(lib, \"ws2_32.lib\")\n#pragma region Network\n#pragma warning(disable: 4996)\nint main() { return 0; }\n#pragma endregion\n",
    )]);
    for (cxx, _) in compilers() {
        tree.run(&["c++", "--compiler", cxx, "-Wall", "-c", "a.cpp"]).succeeded().silent();
    }
}

#[test]
fn a_clean_file_is_compiled_in_place() {
    needs!("g++");
    let tree = Tree::new(&[
        (
            "a.cpp",
            "#include \"b.h\"\n#include <vector>\nconst char* s = \"__try { 5i64 } __finally { }\"; // __try {\nint main() { return b(); }\n",
        ),
        ("b.h", "inline int b() { return 0; }\n"),
    ]);
    let outcome = tree.run(&["c++", "--verbose", "--keep", "kept", "-c", "a.cpp"]).succeeded();
    assert!(outcome.stderr.trim_end().ends_with(" a.cpp"), "{}", outcome.stderr);
    let mut files = Vec::new();
    let mut pending = vec![tree.path("kept")];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.file_name() == "as-linux" {
                continue;
            } // Not of the user's files.
            if entry.path().is_dir() { pending.push(entry.path()) } else { files.push(entry.file_name()) }
        }
    }
    assert_eq!(files, ["longshore-prelude.h"]);
}

#[test]
fn only_the_files_that_need_it_are_copied() {
    needs!("g++");
    let tree = Tree::new(&[
        ("a.cpp", "#include \"needy.h\"\n#include \"clean.h\"\nint main() { return needy() - clean(); }\n"),
        ("needy.h", "inline long long needy() { return 1i64; }\n"),
        ("clean.h", "inline int clean() { return 1; }\n"),
    ]);
    tree.run(&["c++", "--keep", "kept", "-c", "a.cpp"]).succeeded();
    let root = tree.path("").canonicalize().unwrap();
    let kept = tree.path("kept/1").join(root.strip_prefix("/").unwrap());
    let kept = if kept.exists() { kept } else { tree.path("kept/0").join(root.strip_prefix("/").unwrap()) };
    assert!(kept.join("a.cpp").exists() && kept.join("needy.h").exists() && !kept.join("clean.h").exists());
}

#[test]
fn the_users_files_are_never_changed() {
    needs!("g++");
    let tree = Tree::new(&[("a.cpp", FINALLY)]);
    tree.program(&["c++", "a.cpp"]);
    assert_eq!(tree.read("a.cpp"), FINALLY);
}

#[test]
fn file_macros_and_messages_name_the_original() {
    let tree = Tree::new(&[
        (
            "src/a.cpp",
            "#include \"B.h\"\nint f()\n{\n    __try {\n        return 1i64;\n    }\n    __finally {\n        nonsense_in_finally();\n    }\n    return 0;\n}\nint x = nonsense_after;\n",
        ),
        ("src/b.h", "\n\nint y = nonsense_in_header;\n"),
        ("src/ok.cpp", "#include \"C.h\"\nint main() { puts(__FILE__); puts(header()); return 0; }\n"),
        ("src/c.h", "#include <stdio.h>\ninline const char* header() { return __FILE__; }\n"),
    ]);
    for (cxx, _) in compilers() {
        let outcome = tree.run(&["c++", "--compiler", cxx, "-c", "src/a.cpp"]).failed_with(&[
            "src/a.cpp:8:9: error",
            "src/a.cpp:12:9: error",
            "src/b.h:3:9: error",
            "hint: src/a.cpp was compiled from a copy",
            "--no-rewriting",
        ]);
        assert!(
            !outcome.stderr.contains("/longshore-") && !outcome.stderr.contains("/src/b.h"),
            "{}",
            outcome.stderr
        );
        assert_eq!(tree.program(&["c++", "--compiler", cxx, "src/ok.cpp"]), "src/ok.cpp\nsrc/c.h\n");
    }
}

#[test]
fn sources_of_one_command_may_share_rewritten_headers() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[
        ("a.cpp", "#include \"SHARED.h\"\nint other();\nint main() { return shared() - other(); }\n"),
        ("b.cpp", "#include \"Shared.H\"\nint other() { return shared(); }\n"),
        ("c.c", "#include \"SHARED.h\"\nint c(void) { return shared(); }\n"),
        ("shared.h", "#pragma once\nstatic inline int shared(void) { return 3i64; }\n"),
    ]);
    tree.program(&["cc", "a.cpp", "b.cpp", "c.c", "-lstdc++"]);
}

/// What programs for Windows have of their own where glibc has something else.
const OWN: &str = r#"
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <time.h>
#include <io.h>
#include <winsock2.h>
#include <windows.h>
typedef __int64 int64_t;
typedef unsigned __int64 uint64_t;
typedef int ssize_t;
typedef long off_t;
typedef unsigned short mode_t;
static int setenv(const char* name, const char* value) { return SetEnvironmentVariableA(name, value); }
static unsigned random(void) { return 7; }
static int getline(char* line, int room) { return (int)strlen(strcpy(line, "a line")) + 0 * room; }
static char* strsep(char* text, char at) { return strchr(text, at); }
static int ffs(unsigned __int64 bits) { return bits != 0; }
static unsigned arc4random(int least) { return (unsigned)least; }
static int usleep(double seconds) { return (int)seconds; }
static void bzero(void* at) { *(char*)at = 0; }
int index = 3, y1[2], optind = 5;
int main(void)
{
    char line[16];
    int64_t big = 1;
    uint64_t bigger = 2;
    ssize_t four = 4;
    off_t place = 5;
    mode_t bits = 6;
    if (!setenv("A", "b") || random() != 7 || getline(line, 16) != 6 || *strsep(line, 'l') != 'l') return 1;
    if (ffs(8) != 1 || arc4random(9) != 9 || usleep(2.0) != 2 || index != 3 || y1[0] || optind != 5) return 2;
    bzero(line);
    if (sizeof big != 8 || sizeof four != 4 || sizeof bits != 2 || line[0]) return 3;
    printf("%I64d %I64u %d %ld %d\n", big, bigger, four, place, bits);
    return 0;
}
"#;

#[test]
fn names_that_only_glibc_has_are_the_programs() {
    let tree = Tree::new(&[("a.c", OWN), ("a.cpp", OWN)]);
    for (cxx, c) in compilers() {
        assert_eq!(tree.program(&["cc", "--compiler", c, "a.c"]), "1 2 4 5 6\n", "{c}");
        assert_eq!(tree.program(&["c++", "--compiler", cxx, "a.cpp"]), "1 2 4 5 6\n", "{cxx}");
    }
}

#[test]
fn macros_for_the_old_names_may_come_before_the_headers() {
    needs!("gcc", "g++");
    let text = "#define close _close\n#define unlink _unlink\n#define read _read\n#define strcasecmp _stricmp\n\
                #include <io.h>\n#include <string.h>\n#include <stdio.h>\n\
                int main(void) { puts(unlink(\"nowhere\") && close(-1) && !strcasecmp(\"A\", \"a\") ? \"ok\" : \"no\"); return 0; }\n";
    let tree = Tree::new(&[("a.c", text), ("a.cpp", text)]);
    assert_eq!(tree.program(&["cc", "a.c"]), "ok\n");
    assert_eq!(tree.program(&["c++", "a.cpp"]), "ok\n");
}

#[test]
fn formats_of_windows_are_no_reason_to_warn() {
    let text = "#include <windows.h>\n#include <stdio.h>\nint main(void) { DWORD a = 1; ULONGLONG b = 2; HANDLE h = NULL;\n\
                printf(\"%lu %I64u %p\\n\", a, b, h); return 0; }\n";
    let tree = Tree::new(&[("a.c", text), ("a.cpp", text)]);
    for (cxx, c) in compilers() {
        tree.run(&["cc", "--compiler", c, "-Wall", "-c", "a.c"]).succeeded().silent();
        tree.run(&["c++", "--compiler", cxx, "-Wall", "-c", "a.cpp"]).succeeded().silent();
        // Who asks for it by name gets it.
        let outcome = tree.run(&["cc", "--compiler", c, "-Wformat", "-c", "a.c"]).succeeded();
        assert!(outcome.stderr.contains("-Wformat"), "{}", outcome.stderr);
    }
}

#[test]
fn what_compiles_as_it_is_is_not_rewritten() {
    // A rule takes the draft's namespace for std, which does not have all that was in it.
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <cstdio>\n#include <tr1/cmath>\n\
         int main() { printf(\"%d\\n\", (int)std::tr1::conf_hyperg(1.0, 1.0, 0.0) + (int)10i64); }\n",
    )]);
    for (cxx, _) in compilers() {
        assert_eq!(tree.program(&["c++", "--compiler", cxx, "a.cpp"]), "11\n");
    }
}

#[test]
fn the_messages_of_what_is_tried_first_are_not_shown() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <map>\ntemplate <typename K> struct Table { std::map<K, int> map;\n\
         int sum() { int all = 0; std::map<K, int>::iterator it; for (it = map.begin(); it != map.end(); ++it) all += it->second; return all; } };\n\
         int main() { Table<int> table; return table.sum(); }\n",
    )]);
    tree.run(&["c++", "-c", "a.cpp", "-o", "a.o"]).succeeded().silent();
    // An error that no rule can help is told once, with the rules' text.
    tree.write("b.cpp", b"struct Base { virtual void f() abstract; };\nint wrong = missing;\n");
    let outcome = tree.run(&["c++", "-c", "b.cpp"]).failed_with(&["b.cpp:2", "missing"]);
    assert_eq!(outcome.stderr.matches("error:").count(), 1, "{}", outcome.stderr);
}

#[test]
fn hello_is_small() {
    needs!("gcc", "g++", "strip");
    let tree = Tree::new(&[(
        "a.c",
        "#include <windows.h>\n#include <stdio.h>\nint main(void) { printf(\"%d\\n\", GetTickCount() != 0); return 0; }\n",
    )]);
    assert_eq!(tree.program(&["cc", "a.c"]), "1\n");
    assert!(Command::new("strip").arg(tree.path("program")).status().unwrap().success());
    let size = fs::metadata(tree.path("program")).unwrap().len();
    println!("{size} bytes");
    // What a release of the library needs is the promise; without optimisation it is more.
    let most = if cfg!(debug_assertions) { 6_000_000 } else { 1_200_000 };
    assert!(size <= most, "{size} bytes");
}
