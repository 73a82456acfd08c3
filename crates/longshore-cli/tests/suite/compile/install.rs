//! `longshore install`: a prefix that needs no checkout, for the wrapper, pkg-config and CMake.

use std::fs;
use std::process::Command;

use longshore_fixtures::{needs, tools};

use crate::fixtures::windows_tree::{Outcome, Tree, build_libraries};

const PROGRAM: &str =
    "#include \"UTIL.h\"\nint main() { __try { return util(); } __finally { puts(\"ok\"); } }\n";

#[test]
fn an_installed_prefix_compiles_programs_in_three_ways() {
    needs!("gcc", "g++");
    build_libraries();
    let tree = Tree::new(&[
        ("main.cpp", PROGRAM),
        ("util.h", "inline int util() { return 0i64; }\n"),
        (
            "plain.c",
            "#include <stdio.h>\n#ifndef _WIN32\n#error no\n#endif\nint main(void) { __int64 big = 1; puts(\"ok\"); return (int)big - 1; }\n",
        ),
        (
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.16)\nproject(p C)\nfind_package(LongshoreWin32 0.1 REQUIRED)\n\
             add_executable(a plain.c)\ntarget_link_libraries(a Longshore::Win32)\n\
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

    if tools::here(&["pkg-config"]) {
        let mut command = Command::new("pkg-config");
        let path = prefix.join("lib/pkgconfig");
        let flags =
            run(command.args(["--cflags", "--libs", "longshore-win32"]).env("PKG_CONFIG_PATH", path)).stdout;
        run(Command::new("gcc").arg("plain.c").args(flags.split_whitespace()).args(["-o", "by-pkg-config"]));
        assert_eq!(tree.execute("by-pkg-config"), "ok\n");
    }
    if tools::here(&["cmake"]) {
        let define = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
        run(Command::new("cmake").args(["-S", ".", "-B", "build", &define]));
        run(Command::new("cmake").args(["--build", "build"]));
        assert_eq!(tree.execute("build/a"), "ok\n");
        assert_eq!(tree.execute("build/b"), "ok\n");
    }

    // Over itself, and from itself.
    run(Command::new(&wrapper).args(["install", "--prefix", "prefix"]));
    run(Command::new(&wrapper).args(["install", "--prefix", "second"]));
    run(Command::new(tree.path("second/bin/longshore")).args(["c++", "main.cpp", "-o", "program"]));
    assert_eq!(tree.execute("program"), "ok\n");
}
