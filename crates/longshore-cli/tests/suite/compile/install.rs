//! `longshore install`: a prefix that needs no checkout, for the wrapper, pkg-config and CMake.

use std::fs;
use std::process::Command;

use longshore_fixtures::{needs, tools};

use crate::fixtures::windows_tree::{Outcome, Tree, build_libraries, compilers};

const PROGRAM: &str = "#include <windows.h>\n#include \"UTIL.h\"\nint main() { __try { return GetTickCount() ? util() : 1; } __finally { puts(\"ok\"); } }\n";

#[test]
fn an_installed_prefix_compiles_programs_in_three_ways() {
    needs!("gcc", "g++", "readelf");
    build_libraries();
    let tree = Tree::new(&[
        ("main.cpp", PROGRAM),
        ("util.h", "inline int util() { return 0i64; }\n"),
        (
            "plain.c",
            "#include <windows.h>\n#include <stdio.h>\n#ifndef _WIN32\n#error no\n#endif\nstruct own { OVERLAPPED; int kind; };\n\
             int main(void) { __int64 big = 1; struct own own; own.Offset = 0; puts(\"ok\"); return (int)(big - 1 + own.Offset); }\n",
        ),
        (
            "plain.cpp",
            "#include <winsock2.h>\n#include <cstdio>\nint main() { DWORD big[] = { -1 }; printf(big[0] > 1 ? \"ok\\n\" : \"%lu\", big[0]); }\n",
        ),
        (
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.16)\nproject(p C)\nfind_package(LongshoreWin32 0.1 REQUIRED)\n\
             add_executable(a plain.c)\ntarget_link_libraries(a Longshore::Win32 ws2_32)\n\
             add_executable(b plain.c)\ntarget_link_libraries(b Longshore::Win32Shared)\n",
        ),
    ]);
    tree.run(&["install", "--prefix", "first"]).succeeded();
    // It may be moved.
    fs::rename(tree.path("first"), tree.path("prefix")).unwrap();
    let prefix = tree.path("prefix");
    let run = |command: &mut Command| {
        Outcome::of(command.current_dir(tree.path("")).env_remove("LONGSHORE_SDK").output().unwrap())
            .succeeded()
    };

    let wrapper = prefix.join("bin/longshore");
    let outcome = run(Command::new(&wrapper).args(["c++", "--verbose", "main.cpp", "-o", "program"]));
    assert!(outcome.stderr.contains(prefix.canonicalize().unwrap().to_str().unwrap()), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains(env!("CARGO_MANIFEST_DIR")), "{}", outcome.stderr);
    assert_eq!(tree.execute("program"), "ok\n");
    run(Command::new(&wrapper).args(["c++", "--shared-runtime", "main.cpp", "-o", "program"]));
    assert_eq!(tree.execute("program"), "ok\n");
    let needed = run(Command::new("readelf").args(["-d", "program"])).stdout;
    assert!(needed.contains("[liblongshore_win32.so]"), "by its name, not by where it is: {needed}");

    if tools::here(&["pkg-config"]) {
        let mut command = Command::new("pkg-config");
        let path = prefix.join("lib/pkgconfig");
        let flags =
            run(command.args(["--cflags", "--libs", "longshore-win32"]).env("PKG_CONFIG_PATH", path)).stdout;
        let mut gcc = Command::new("gcc");
        gcc.args(["plain.c", "-lws2_32", "-lmswsock"]).args(flags.split_whitespace());
        run(gcc.args(["-o", "by-pkg-config"]));
        assert_eq!(tree.execute("by-pkg-config"), "ok\n");
        let mut command = Command::new("pkg-config");
        let path = prefix.join("lib/pkgconfig");
        let flags =
            run(command.args(["--cflags", "--libs", "longshore-win32-c++"]).env("PKG_CONFIG_PATH", path))
                .stdout;
        for (compiler, _) in compilers() {
            let mut command = Command::new(compiler);
            let outcome = run(command
                .arg("plain.cpp")
                .args(flags.split_whitespace())
                .args(["-o", "cxx-by-pkg-config"]));
            assert_eq!(outcome.stderr, "", "{compiler}");
            assert_eq!(tree.execute("cxx-by-pkg-config"), "ok\n");
        }
    }
    if tools::here(&["cmake"]) {
        let define = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
        run(Command::new("cmake").args(["-S", ".", "-B", "build", &define]));
        run(Command::new("cmake").args(["--build", "build"]));
        assert_eq!(tree.execute("build/a"), "ok\n");
        assert_eq!(tree.execute("build/b"), "ok\n");
        // Before 1.0, the second number says what goes together.
        for (asked, found) in [("0.1", true), ("", true), ("0.0.9", false), ("0.2", false), ("1.0", false)] {
            let project = format!(
                "cmake_minimum_required(VERSION 3.16)\nproject(v C)\nfind_package(LongshoreWin32 {asked} QUIET)\n\
                 if(NOT LongshoreWin32_FOUND)\n  message(FATAL_ERROR \"none\")\nendif()\n"
            );
            tree.write("version/CMakeLists.txt", project.as_bytes());
            let mut cmake = Command::new("cmake");
            cmake.args(["-S", "version", "-B", &format!("version/{asked}x"), &define]);
            assert_eq!(cmake.current_dir(tree.path("")).output().unwrap().status.success(), found, "{asked}");
        }
    }

    // Over itself, and from itself.
    run(Command::new(&wrapper).args(["install", "--prefix", "prefix"]));
    run(Command::new(&wrapper).args(["install", "--prefix", "second"]));
    run(Command::new(tree.path("second/bin/longshore")).args(["c++", "main.cpp", "-o", "program"]));
    assert_eq!(tree.execute("program"), "ok\n");
}
