//! The CRT headers, seen from programs: each is compiled with every compiler there is and run.

use longshore_fixtures::{needs, tools};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Compiler {
    name: &'static str,
    standards: &'static [&'static str],
}

const C: [Compiler; 2] =
    [Compiler { name: "gcc", standards: &["c99", "gnu17"] }, Compiler { name: "clang", standards: &["c11"] }];
const CXX: [Compiler; 2] = [
    Compiler { name: "g++", standards: &["c++11", "gnu++20"] },
    Compiler { name: "clang++", standards: &["c++17"] },
];

pub(super) fn crate_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What links a program with the library that cargo has put beside this test, and not with one that an earlier build
/// has left where cargo's `LD_LIBRARY_PATH` leads.
pub(super) fn libraries_beside_this_test() -> Vec<String> {
    let directory = library_directory();
    let library = directory.join("liblongshore_win32.so");
    let path = format!("-Wl,--disable-new-dtags,-rpath,{}", directory.display());
    vec![library.into_os_string().into_string().unwrap(), path]
}

fn library_directory() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_path_buf()
}

pub(super) fn compiler(name: &str, standard: &str) -> Command {
    let mut command = Command::new(name);
    command.arg(format!("-std={standard}")).args([
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-format",
        "-O1",
        "-isystem",
    ]);
    command.arg(crate_directory().join("include"));
    command
}

pub(super) fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Builds `source` with every compiler and standard and hands each program, in a
/// directory of its own, to `use_it`.
#[track_caller]
fn each_build(source: &str, options: &[&str], mut use_it: impl FnMut(&mut Command)) {
    let scratch = tempfile::tempdir().unwrap();
    let start = scratch.path().join("start.a");
    let start_object = scratch.path().join("start.o");
    succeed(
        Command::new("gcc")
            .args(["-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-c", "-o"])
            .arg(&start_object)
            .arg(crate_directory().join("startup/wmain.c")),
    );
    succeed(Command::new("ar").arg("rcs").arg(&start).arg(&start_object));
    let compilers = if source.ends_with(".c") { &C } else { &CXX };
    let mut built = 0;
    for Compiler { name, standards } in compilers {
        if !tools::here(&[name]) {
            continue;
        }
        for standard in *standards {
            let program = scratch.path().join("program");
            let directory = tempfile::tempdir_in(scratch.path()).unwrap();
            let mut command = compiler(name, standard);
            command.args(options).arg("-o").arg(&program);
            command.arg(crate_directory().join("tests/crt").join(source)).arg(&start);
            command.args(libraries_beside_this_test()).arg("-pthread");
            succeed(&mut command);
            use_it(Command::new(&program).current_dir(directory.path()).stdin(Stdio::null()));
            built += 1;
        }
    }
    assert!(built > 0);
}

pub(super) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs with a file as standard input.
fn run_with_input(command: &mut Command, input: &str) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), input).unwrap();
    run(command.stdin(fs::File::open(file.path()).unwrap()))
}

#[test]
fn bounded_strings_empty_the_destination_and_answer_the_error() {
    needs!("gcc", "g++", "ar");
    each_build("strings.c", &[], |program| {
        run(program);
    });
}

#[test]
fn formats_mean_what_they_mean_on_windows() {
    needs!("gcc", "g++", "ar");
    each_build("formats.c", &[], |program| {
        run(program);
    });
}

#[test]
fn formats_mean_the_same_under_fortify_source() {
    needs!("gcc", "g++", "ar");
    each_build("formats.c", &["-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], |program| {
        run(program);
    });
}

#[test]
fn narrow_and_wide_text_mix_on_one_stream_in_order_and_in_utf8() {
    needs!("gcc", "g++", "ar");
    each_build("mixed.cpp", &[], |program| {
        let output = run_with_input(program, "한 줄\nword");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "one\n두 2\n셋 three\nfour\n다섯\n여섯\nseven\n여덟\nnine\n[한 줄]\n[word]\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "오류\n");
    });
}

#[test]
fn bounded_scans_never_write_beyond_their_buffers() {
    needs!("gcc", "g++", "ar");
    each_build("scans.c", &[], |program| {
        run(program);
    });
}

#[test]
fn an_integer_of_size_l_is_scanned_into_as_many_bytes_as_the_argument_has() {
    needs!("gcc", "g++", "ar");
    for source in ["scan_sizes.c", "scan_sizes.cpp"] {
        each_build(source, &[], |program| {
            run(program);
        });
    }
}

#[test]
fn conversions_time_memory_environment_paths_and_files() {
    needs!("gcc", "g++", "ar");
    each_build("library.c", &[], |program| {
        run(program);
    });
}

#[test]
fn generic_text_works_in_both_builds_and_wmain_gets_wide_arguments() {
    needs!("gcc", "g++", "ar");
    for options in [&[][..], &["-DUNICODE", "-D_UNICODE"]] {
        each_build("arrays.cpp", options, |program| {
            run(program.arg("한"));
        });
    }
}

#[test]
fn keys_of_an_input_that_is_no_terminal_come_in_order_and_end() {
    needs!("gcc", "g++", "ar");
    each_build("keys.c", &[], |program| {
        run(program);
    });
    each_build("keys.c", &[], |program| {
        run_with_input(program.arg("input"), "a\nb");
    });
}

#[test]
fn a_standard_exception_carries_a_text() {
    needs!("gcc", "g++", "ar");
    each_build("exceptions.cpp", &[], |program| {
        run(program);
    });
}

#[test]
fn parallel_containers_and_loops_keep_every_item_once() {
    needs!("gcc", "g++", "ar");
    each_build("parallel.cpp", &[], |program| {
        run(program);
    });
}

#[test]
fn std_format_formats_what_programs_use_and_refuses_bad_formats() {
    needs!("gcc", "g++", "ar");
    each_build("format.cpp", &["-std=c++20"], |program| {
        run(program);
    });
}

#[test]
fn every_entry_of_a_program_without_main_is_found() {
    needs!("gcc", "g++");
    const ENTRIES: [(&str, &str); 6] = [
        (
            "c",
            "#include <wchar.h>\nint wmain(int n, wchar_t **a) { return n == 2 && a[1][0] == 0xD55C && !a[2] ? 0 : 1; }",
        ),
        (
            "c++",
            "int wmain(int n, wchar_t *a[], wchar_t *e[]) { return n == 2 && a[1][0] == 0xD55C && e[0] ? 0 : 1; }",
        ),
        ("c++", "int wmain(int n, const wchar_t *a[]) { return n == 2 && a[1][0] == 0xD55C ? 0 : 1; }"),
        ("c++", "int wmain() { return 0; }"),
        (
            "c++",
            "struct HINSTANCE__; int WinMain(HINSTANCE__ *, HINSTANCE__ *, char *c, int) { return c[0] == '\\xED' ? 0 : 1; }",
        ),
        (
            "c++",
            "struct HINSTANCE__; extern \"C\" int wWinMain(HINSTANCE__ *, HINSTANCE__ *, wchar_t *c, int) { return c[0] == 0xD55C ? 0 : 1; }",
        ),
    ];
    let scratch = tempfile::tempdir().unwrap();
    for (language, text) in ENTRIES {
        let source = scratch.path().join("entry.src");
        let program = scratch.path().join("entry");
        fs::write(&source, text).unwrap();
        succeed(
            Command::new("g++")
                .args(["-x", "c"])
                .arg(crate_directory().join("startup/wmain.c"))
                .args(["-c", "-o"])
                .arg(scratch.path().join("start.o")),
        );
        succeed(
            Command::new("g++")
                .args(["-x", language])
                .arg(&source)
                .args(["-x", "none"])
                .arg(scratch.path().join("start.o"))
                .arg("-o")
                .arg(&program),
        );
        run(Command::new(&program).arg("한"));
    }
}

/// The headers of the CRT: those in its room, those that forward to one of them, and the C++ ones.
fn headers() -> Vec<String> {
    let include = crate_directory().join("include");
    let mut found = Vec::new();
    let mut folders = vec![String::new(), "sys/".to_owned(), "longshore/crt/".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(include.join(&folder)).unwrap().flatten() {
            let name = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                if folder.starts_with("longshore/crt") {
                    folders.push(name + "/");
                }
                continue;
            }
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            if !name.ends_with(".inc")
                && (text.contains("longshore/crt") || name.starts_with("longshore/crt"))
            {
                found.push(name);
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "{found:?}");
    found
}

/// What only C++ programs include.
fn is_cxx_only(header: &str) -> bool {
    const NAMES: [&str; 8] = [
        "agents.h",
        "concrt.h",
        "concurrent_",
        "ppl.h",
        "crt/exception.h",
        "crt/stdio/iostream.h",
        "crt/parallel/",
        "crt/format/",
    ];
    !header.ends_with(".h") || NAMES.iter().any(|name| header.contains(name))
}

#[test]
fn every_header_compiles_alone_and_without_a_warning() {
    needs!("gcc", "g++");
    let scratch = tempfile::tempdir().unwrap();
    for header in headers() {
        // A part of another header that says so.
        if header == "longshore/crt/format/formatters.h" {
            continue;
        }
        let cxx = if header.contains("crt/format/") || header == "format" { "c++20" } else { "c++11" };
        for (extension, name, standard) in [("c", "gcc", "c99"), ("cpp", "g++", cxx)] {
            if extension == "c" && is_cxx_only(&header) {
                continue;
            }
            let source = scratch.path().join(format!("alone.{extension}"));
            fs::write(&source, format!("#include <{header}>\n#include <{header}>\n")).unwrap();
            succeed(compiler(name, standard).arg("-fsyntax-only").arg(&source));
        }
    }
}
