//! `longshore cc` and `c++`: a gcc command line goes in, and what comes out is what gcc would have made.

use std::process::Command;

use longshore_fixtures::{needs, tools};

use crate::fixtures::windows_tree::{Tree, build_libraries, compilers};

#[test]
fn dependency_files_name_the_originals() {
    needs!("g++");
    let tree = Tree::new(&[
        ("src/a.cpp", "#include \"B.h\"\n#include \"sub/c.h\"\nint x = 1i64;\n"),
        ("src/b.h", "// clean\n"),
        ("src/sub/c.h", "inline int c() { return 1i64; }\n"),
    ]);
    let expected = "out.o: src/a.cpp src/b.h src/sub/c.h";
    for (cxx, _) in compilers() {
        tree.run(&["c++", "--compiler", cxx, "-MMD", "-c", "src/a.cpp", "-o", "out.o"]).succeeded();
        let rules: Vec<String> = tree.read("out.d").split_whitespace().map(str::to_owned).collect();
        let mut sorted: Vec<&str> = rules.iter().map(String::as_str).collect();
        sorted[1..].sort_unstable();
        assert_eq!(sorted.join(" "), expected, "{cxx}");
    }
    tree.run(&["c++", "-MMD", "-MF", "x.d", "-MT", "target", "-MP", "-c", "src/a.cpp"]).succeeded();
    let rules = tree.read("x.d");
    assert!(rules.starts_with("target: src/a.cpp") && rules.contains("src/sub/c.h:\n"), "{rules}");
    let printed = tree.run(&["c++", "-MM", "src/a.cpp"]).succeeded().stdout;
    assert!(printed.starts_with("a.o: src/a.cpp ") && !printed.contains("longshore-"), "{printed}");
}

#[test]
fn objects_are_named_as_gcc_names_them() {
    needs!("g++");
    let tree =
        Tree::new(&[("src/a.cpp", "int a() { return 1i64; }\n"), ("b.c", "int b(void) { return 0; }\n")]);
    tree.run(&["c++", "-c", "src/a.cpp", "b.c"]).succeeded();
    tree.run(&["c++", "-S", "src/a.cpp"]).succeeded();
    for file in ["a.o", "b.o", "a.s"] {
        assert!(tree.path(file).exists(), "{file}");
    }
    let printed = tree.run(&["c++", "-E", "src/a.cpp"]).succeeded().stdout;
    assert!(printed.contains("return 1LL"), "{printed}");
    let scratch = std::env::temp_dir().join("longshore-");
    assert!(!printed.contains(scratch.to_str().unwrap()), "{printed}");
    tree.run(&["c++", "-fsyntax-only", "src/a.cpp", "b.c"]).succeeded().silent();
    tree.run(&["c++", "-c", "src/a.cpp", "b.c", "-o", "x.o"]).failed_with(&["several sources"]);
}

#[test]
fn import_libraries_of_windows_are_swallowed() {
    needs!("gcc");
    let tree = Tree::new(&[("a.c", "int main(void) { return 0; }\n")]);
    tree.program(&["cc", "a.c", "-lws2_32", "-lmswsock", "Kernel32.lib", "-lm"]);
    build_libraries();
    tree.run(&["cc", "a.c", "-lno_such_library"]).failed_with(&["no_such_library"]);
}

#[test]
fn compiling_and_linking_may_be_two_commands() {
    needs!("gcc");
    let tree = Tree::new(&[("a.c", "int main(void) { return 0; }\n")]);
    tree.run(&["cc", "-c", "a.c"]).succeeded();
    tree.program(&["cc", "a.o"]);
    tree.program(&["cc", "--shared-runtime", "a.o"]);
}

#[test]
fn response_files_are_read() {
    needs!("g++");
    let tree = Tree::new(&[
        ("src/a b.cpp", "#include \"UTIL.h\"\nint main() { return VALUE; }\n"),
        ("inc/util.h", "#define VALUE 0\n"),
        ("x.rsp", "-I inc\n\"src/a b.cpp\"\n"),
    ]);
    tree.program(&["c++", "@x.rsp"]);
}

#[test]
fn the_windows_macros_are_there_and_can_be_left_out() {
    let tree = Tree::new(&[
        (
            "a.c",
            "#if !defined _WIN32 || !defined _WIN64 || !defined WIN32 || defined _MSC_VER || !defined __linux__\n#error no\n#endif\n",
        ),
        (
            "b.c",
            "#if defined _WIN32 || defined __linux__ || defined __unix__ || _MSC_VER != 1930\n#error no\n#endif\n",
        ),
    ]);
    for (_, c) in compilers() {
        tree.run(&["cc", "--compiler", c, "-c", "a.c"]).succeeded();
        tree.run(&[
            "cc",
            "--compiler",
            c,
            "--no-windows-macros",
            "--no-linux-macros",
            "--msc-ver",
            "-c",
            "b.c",
        ])
        .succeeded();
    }
}

#[test]
fn the_project_beside_a_source_decides_on_unicode_and_directories() {
    needs!("g++");
    let project = "<Project><PropertyGroup><CharacterSet>Unicode</CharacterSet></PropertyGroup><ItemDefinitionGroup><ClCompile>\
        <PreprocessorDefinitions>LEVEL=3;%(PreprocessorDefinitions)</PreprocessorDefinitions>\
        <AdditionalIncludeDirectories>..\\Common</AdditionalIncludeDirectories>\
        </ClCompile></ItemDefinitionGroup><ItemGroup><ClCompile Include=\"a.cpp\" /></ItemGroup></Project>";
    let tree = Tree::new(&[
        (
            "server/a.cpp",
            "#include \"util.h\"\n#if !defined UNICODE || !defined _UNICODE || LEVEL != 3\n#error no\n#endif\n",
        ),
        ("server/server.vcxproj", project),
        ("common/util.h", ""),
        ("plain/a.cpp", "#if defined UNICODE || defined _UNICODE\n#error no\n#endif\n"),
        ("given/a.cpp", "#if !defined UNICODE || !defined _UNICODE\n#error no\n#endif\n"),
    ]);
    tree.run(&["c++", "-c", "server/a.cpp"]).succeeded().silent();
    tree.run(&["c++", "-c", "plain/a.cpp"]).succeeded();
    tree.run(&["c++", "-c", "-DUNICODE", "given/a.cpp"]).succeeded();
    tree.run(&["c++", "-c", "--unicode", "given/a.cpp"]).succeeded();
    tree.run(&["c++", "-c", "--mbcs", "server/a.cpp"]).failed_with(&["#error no"]);
    tree.run(&["c++", "-c", "--no-project", "server/a.cpp"]).failed_with(&["util.h"]);
}

#[test]
fn the_exit_status_is_the_compilers() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[("a.c", "#error no\n")]);
    assert_eq!(tree.run(&["cc", "-c", "a.c"]).code, Some(1));
    assert_eq!(tree.run(&["cc", "--version"]).code, Some(0));
    assert!(tree.run(&["c++", "-dumpmachine"]).succeeded().stdout.contains("linux"));
}

#[test]
fn what_is_missing_is_said_with_the_remedy() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[
        ("a.c", "int main(void) { return 0; }\n"),
        ("atl.cpp", "#include <atlbase.h>\n"),
        ("asm.cpp", "void f() { __asm { mov eax, 1 } }\n"),
        ("library.cpp", "#include <mysql.h>\n"),
    ]);
    tree.run(&["cc", "--compiler=no-such-compiler", "-c", "a.c"])
        .failed_with(&["no-such-compiler", "apt install"]);
    tree.run(&["cc", "--sdk=/nonexistent", "-c", "a.c"]).failed_with(&["/nonexistent", "longshore install"]);
    tree.run(&["c++", "-c", "atl.cpp"]).failed_with(&["hint: atlbase.h belongs to ATL"]);
    tree.run(&["c++", "-c", "asm.cpp"]).failed_with(&["hint: asm.cpp:1: inline assembly"]);
    tree.run(&["c++", "-c", "library.cpp"]).failed_with(&["hint: mysql.h is neither"]);
}

#[test]
fn a_library_that_was_not_built_is_asked_for_by_its_command() {
    needs!("gcc");
    let tree = Tree::new(&[("a.c", "int main(void) { return 0; }\n")]);
    // A checkout of headers alone.
    tree.write("checkout/crates/longshore-win32/include/longshore/abi/msvc.h", b"");
    let outcome = tree.run(&["cc", "--sdk=checkout", "a.c"]);
    outcome.failed_with(&["liblongshore_win32.a", "cargo build --release -p longshore-win32"]);
}

#[test]
fn help_and_flags_are_printed() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[("a.c", "int main(void) { return 0; }\n")]);
    let help = tree.run(&["cc", "--help"]).succeeded().stdout;
    assert!(help.contains("--unicode") && help.contains("--print-flags"));
    build_libraries();
    let flags = tree.run(&["cc", "--print-flags"]).succeeded().stdout;
    let mut gcc = Command::new("gcc");
    gcc.current_dir(tree.path("")).arg("a.c").args(flags.split_whitespace()).args(["-o", "a"]);
    assert!(gcc.status().unwrap().success(), "{flags}");
    let compile = tree.run(&["c++", "--cflags"]).succeeded().stdout;
    assert!(compile.contains("-D_WIN32=1") && compile.contains("msvc.h") && !compile.contains(".a"));
}

#[test]
fn make_and_cmake_take_it_for_a_compiler() {
    needs!("g++");
    let tree = Tree::new(&[
        ("main.cpp", "#include \"UTIL.h\"\nint main() { return util(); }\n"),
        ("util.h", "int util();\n"),
        ("util.cpp", "#include \"util.h\"\nint util() { return 0i64; }\n"),
        ("Makefile", "program: main.o util.o\n\t$(CXX) -o $@ $^ -lws2_32\n"),
        (
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.16)\nproject(p CXX)\nadd_executable(built main.cpp util.cpp)\n",
        ),
    ]);
    build_libraries();
    let wrapper = format!("{} c++", env!("CARGO_BIN_EXE_longshore"));
    let root = tree.path("");
    if tools::here(&["make"]) {
        let made = Command::new("make")
            .current_dir(&root)
            .env_remove("MAKEFLAGS")
            .arg(format!("CXX={wrapper}"))
            .output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        tree.execute("program");
    }
    if tools::here(&["cmake"]) {
        for arguments in [&["-S", ".", "-B", "build"][..], &["--build", "build"]] {
            let built = Command::new("cmake")
                .current_dir(&root)
                .args(arguments)
                .env("CXX", &wrapper)
                .output()
                .unwrap();
            let text =
                String::from_utf8_lossy(&built.stdout).into_owned() + &String::from_utf8_lossy(&built.stderr);
            assert!(built.status.success(), "{text}");
        }
        tree.execute("build/built");
    }
}

#[test]
fn strictness_is_the_compilers_own() {
    let tree = Tree::new(&[("a.cpp", "int f(const int* p) { int* q = p; return *q; }\n")]);
    for (cxx, _) in compilers() {
        tree.run(&["c++", "--strict", "--compiler", cxx, "-c", "a.cpp"]).failed_with(&["a.cpp:1:", "const"]);
    }
    needs!("g++");
    tree.run(&["c++", "--compiler", "g++", "-c", "a.cpp"]).succeeded();
}
