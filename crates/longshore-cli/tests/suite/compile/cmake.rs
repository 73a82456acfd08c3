//! Builds that were made for MinGW: CMake's Windows platform, PE link options, and a
//! compiler that is a script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use longshore_fixtures::needs;

use crate::fixtures::windows_tree::{Outcome, Tree, build_libraries};

const PROJECT: &str = "cmake_minimum_required(VERSION 3.16)\nproject(p C CXX)\n\
    if(NOT WIN32)\n  message(FATAL_ERROR \"not Windows\")\nendif()\n\
    include(CheckCSourceRuns)\ncheck_c_source_runs(\"#include <windows.h>\nint main(void) { return GetTickCount() == 0; }\" RUNS)\n\
    if(CHECKS_RUNS AND NOT RUNS)\n  message(FATAL_ERROR \"does not run\")\nendif()\n\
    add_library(part SHARED part.c)\n\
    add_executable(console main.cpp)\ntarget_link_libraries(console part ws2_32)\n\
    add_executable(window WIN32 window.cpp)\n";

fn project() -> Tree {
    build_libraries();
    Tree::new(&[
        ("CMakeLists.txt", PROJECT),
        (
            "part.c",
            "#include <windows.h>\n__declspec(dllexport) int part(void) { return GetTickCount() ? 3 : 4; }\n",
        ),
        (
            "main.cpp",
            "#include <cstdio>\nextern \"C\" __declspec(dllimport) int part(void);\nint main() { printf(\"%d\\n\", part()); }\n",
        ),
        (
            "window.cpp",
            "#include <windows.h>\nint WINAPI WinMain(HINSTANCE, HINSTANCE, LPSTR, int) { puts(\"window\"); return 0; }\n",
        ),
    ])
}

fn run(tree: &Tree, command: &mut Command) -> Outcome {
    for variable in ["CC", "CXX", "LONGSHORE_SDK"] {
        command.env_remove(variable);
    }
    Outcome::of(command.current_dir(tree.path("")).output().unwrap()).succeeded()
}

fn builds(tree: &Tree, options: &[String]) {
    run(tree, Command::new("cmake").args(["-S", ".", "-B", "build", "-DCHECKS_RUNS=ON"]).args(options));
    run(tree, Command::new("cmake").args(["--build", "build"]));
    assert_eq!(tree.execute("build/console.exe"), "3\n");
    assert_eq!(tree.execute("build/window.exe"), "window\n");
}

#[test]
fn cmake_configures_and_builds_as_for_windows() {
    needs!("cmake", "make", "gcc", "g++");
    let program = env!("CARGO_BIN_EXE_longshore");
    let mut options = vec!["-DCMAKE_SYSTEM_NAME=Windows".to_owned()];
    for (language, driver) in [("C", "cc"), ("CXX", "c++")] {
        options.push(format!("-DCMAKE_{language}_COMPILER={program}"));
        options.push(format!("-DCMAKE_{language}_COMPILER_ARG1={driver}"));
    }
    options.push("-DCMAKE_CROSSCOMPILING_EMULATOR=env".to_owned());
    builds(&project(), &options);
}

#[test]
fn the_toolchain_file_does_it_all() {
    needs!("cmake", "make", "gcc", "g++");
    let tree = project();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../longshore-win32/pkg/toolchain.cmake");
    let program = env!("CARGO_BIN_EXE_longshore");
    builds(
        &tree,
        &[
            format!("-DCMAKE_TOOLCHAIN_FILE={}", file.display()),
            // The program of this test, not one that was installed or built before.
            format!("-DLONGSHORE_PROGRAM={program}"),
        ],
    );
}

#[test]
fn options_about_pe_files_mean_nothing() {
    needs!("gcc", "g++");
    build_libraries();
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <windows.h>\nint wmain(int, wchar_t**) { puts(sizeof(TCHAR) == sizeof(wchar_t) ? \"wide\" : \"narrow\"); return 0; }\n",
    )]);
    let pe = [
        "-municode",
        "-mconsole",
        "-mthreads",
        "-Wl,--subsystem,console,--stack,1000000",
        "-Wl,--dynamicbase,--nxcompat,--high-entropy-va",
        "-Xlinker",
        "--kill-at",
        "-Wl,--export-all-symbols",
        "-Wl,-s",
    ];
    let arguments: Vec<&str> = ["c++", "a.cpp", "-o", "program"].into_iter().chain(pe).collect();
    tree.run(&arguments).succeeded();
    assert_eq!(tree.execute("program"), "wide\n");
}

#[test]
fn a_compiler_that_calls_the_wrapper_again_is_passed_over_or_named() {
    needs!("gcc");
    let tree = Tree::new(&[("a.c", "int a(void) { return 0i64; }\n")]);
    let program = env!("CARGO_BIN_EXE_longshore");
    let script = |name: &str, text: &str| {
        fs::write(tree.path(name), text).unwrap();
        fs::set_permissions(tree.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        tree.path(name)
    };
    let wrapping = script("mycc", &format!("#!/bin/sh\nexec {program} cc \"$@\"\n"));
    // As CMake does: the compiler is the script, and CC names it while things are tried out.
    let outcome = Command::new(&wrapping)
        .args(["-c", "a.c"])
        .current_dir(tree.path(""))
        .env("CC", &wrapping)
        .output()
        .unwrap();
    Outcome::of(outcome).succeeded();
    let mut found = tree.wrapper(&["cc", "-c", "a.c"]);
    let path = format!("{}:{}", tree.path("").display(), std::env::var("PATH").unwrap());
    Outcome::of(found.env("CC", "mycc").env("PATH", path).output().unwrap()).succeeded();
    // One whose text does not show it.
    let hidden = script("hidden", "#!/bin/sh\nexec \"$PROGRAM\" cc --compiler=\"$0\" \"$@\"\n");
    let mut looping = tree.wrapper(&["cc", "--compiler", hidden.to_str().unwrap(), "-c", "a.c"]);
    let outcome = Outcome::of(looping.env("PROGRAM", program).output().unwrap());
    outcome.failed_with(&["hidden calls `longshore` again"]);
}
