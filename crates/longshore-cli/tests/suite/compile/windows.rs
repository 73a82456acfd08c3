//! `longshore cc` and `c++`: whole Windows programs, with Windows' headers, entry points and libraries.

use std::process::Command;

use longshore_fixtures::needs;

use crate::fixtures::windows_tree::{Tree, build_libraries, compilers};

const PORT: &str = r#"
#include <WinSock2.h>
#include <Windows.h>
#include <stdio.h>
#pragma comment(lib, "ws2_32.lib")
#pragma comment(lib, "mswsock.lib")
int main(void)
{
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped = NULL;
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    __try {
        if (!PostQueuedCompletionStatus(port, 7, 9, NULL)) __leave;
        if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE)) __leave;
        printf("%lu %llu\n", bytes, (unsigned __int64)key);
    }
    __finally {
        CloseHandle(port);
        puts("closed");
    }
    return 0;
}
"#;

#[test]
fn a_program_around_a_completion_port_runs() {
    let tree = Tree::new(&[("a.c", PORT), ("b.cpp", PORT)]);
    for (cxx, c) in compilers() {
        assert_eq!(tree.program(&["cc", "--compiler", c, "a.c"]), "7 9\nclosed\n", "{c}");
        assert_eq!(tree.program(&["c++", "--compiler", cxx, "b.cpp", "-lws2_32"]), "7 9\nclosed\n", "{cxx}");
    }
}

#[test]
fn programs_start_where_windows_starts_them() {
    needs!("g++");
    let body = "{ puts(\"started\"); return 0; }\n";
    let entries = [
        ("int wmain(int argc, wchar_t* argv[])", "--mbcs"),
        ("int wmain()", "--mbcs"),
        ("int _tmain(int argc, TCHAR* argv[])", "--unicode"),
        ("int _tmain(int argc, _TCHAR* argv[])", "--mbcs"),
        ("void _tmain()", "--unicode"),
        ("int WINAPI WinMain(HINSTANCE instance, HINSTANCE previous, LPSTR line, int show)", "--mbcs"),
        ("int APIENTRY wWinMain(HINSTANCE instance, HINSTANCE previous, LPWSTR line, int show)", "--unicode"),
    ];
    for (entry, characters) in entries {
        let body = if entry.starts_with("void") { body.replace("return 0;", "") } else { body.to_owned() };
        let text = format!("#include <windows.h>\n#include <tchar.h>\n{entry}\n{body}");
        let tree = Tree::new(&[("a.cpp", &text)]);
        assert_eq!(tree.program(&["c++", characters, "a.cpp"]), "started\n", "{entry}");
    }
}

#[test]
fn wide_arguments_arrive() {
    needs!("g++");
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <tchar.h>\n#include <string>\nint _tmain(int argc, TCHAR* argv[]) { return argc == 2 && std::wstring(argv[1]) == L\"\u{d55c}\u{ae00}\" ? 0 : 1; }\n",
    )]);
    build_libraries();
    tree.run(&["c++", "--unicode", "a.cpp", "-o", "program"]).succeeded();
    assert!(Command::new(tree.path("program")).arg("\u{d55c}\u{ae00}").status().unwrap().success());
}

#[test]
fn a_source_may_define_unicode_itself() {
    needs!("g++");
    let tree = Tree::new(&[(
        "a.cpp",
        "#define UNICODE\n#define _UNICODE\n#include <windows.h>\nint main() { HANDLE e = CreateEvent(NULL, TRUE, FALSE, L\"name\"); return CloseHandle(e) ? 0 : 1; }\n",
    )]);
    tree.program(&["c++", "a.cpp"]);
}

#[test]
fn classes_as_the_microsoft_compiler_takes_them() {
    let tree = Tree::new(&[
        (
            "session.h",
            "#pragma once\n#include <exception>\nclass Base { public: virtual int OnRecv(int x) { return x; } virtual ~Base() {} };\n\
             class Session : public Base { public: int OnRecv(int x) override; };\n\
             class Failure : public std::exception { public: Failure(const char* t) : std::exception(t) {} };\n\
             template <typename Type> struct Pool { template <typename Type, typename... Args> static Type* Pop(Args&&... args) { return new Type(args...); } };\n\
             template <class C> int count(C& c) { int n = 0; for (C::iterator it = c.begin(); it != c.end(); ++it) ++n; return n; }\n",
        ),
        (
            "session.cpp",
            "#include \"Session.h\"\nint Session::OnRecv(int x) { return __super::OnRecv(x) + 1; }\n",
        ),
        (
            "main.cpp",
            "#include \"session.h\"\n#define LOG(format, ...) sprintf(line, format, __VA_ARGS__)\n\
             int main() { char line[32]; LOG(\"plain\"); LOG(\"%d\", 1);\n Session s; std::vector<int> v(3); if (s.OnRecv(4) != 5 || count(v) != 3) return 1;\n\
             if (*Pool<char>::Pop<int>(6) != 6) return 2;\n\
             try { throw std::exception(\"a text\"); } catch (const std::exception& e) { puts(e.what()); }\n\
             try { throw Failure(\"another\"); } catch (std::exception& e) { puts(e.what()); } return 0; }\n",
        ),
    ]);
    for (cxx, _) in compilers() {
        assert_eq!(
            tree.program(&["c++", "--compiler", cxx, "main.cpp", "session.cpp"]),
            "a text\nanother\n",
            "{cxx}"
        );
    }
}

#[test]
fn a_key_of_32_bits_gets_a_hint() {
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <windows.h>\nvoid f(HANDLE port) { DWORD bytes; int* key; LPOVERLAPPED o;\n GetQueuedCompletionStatus(port, &bytes, (LPDWORD)&key, &o, INFINITE); }\n",
    )]);
    for (cxx, _) in compilers() {
        tree.run(&["c++", "--compiler", cxx, "-c", "a.cpp"])
            .failed_with(&["a.cpp:3:", "hint: the completion key"]);
    }
}

#[test]
fn a_function_windows_has_and_longshore_does_not_is_named() {
    needs!("gcc");
    let tree = Tree::new(&[(
        "a.c",
        "extern int CreateTheWorldW(void);\nint main(void) { return CreateTheWorldW(); }\n",
    )]);
    build_libraries();
    tree.run(&["cc", "a.c"]).failed_with(&["hint: CreateTheWorldW looks like a function of Windows"]);
}

#[test]
fn a_count_of_64_bits_is_filled_whole() {
    let tree = Tree::new(&[(
        "a.c",
        "#include <winsock2.h>\n#include <stdio.h>\n\
         int main(void) { WSADATA d; SOCKET s; unsigned long wide = ~0ul; u_long narrow = 7;\n\
         WSAStartup(0x202, &d); s = socket(AF_INET, SOCK_DGRAM, 0);\n\
         if (ioctlsocket(s, FIONREAD, &wide) || ioctlsocket(s, FIONREAD, &narrow)) return 1;\n\
         printf(\"%d %d\\n\", wide == 0, narrow == 0); return 0; }\n",
    )]);
    for (_, cc) in compilers() {
        assert_eq!(tree.program(&["cc", "--compiler", cc, "a.c"]), "1 1\n");
        assert_eq!(tree.program(&["cc", "--compiler", cc, "-std=gnu99", "a.c"]), "1 1\n");
    }
}
