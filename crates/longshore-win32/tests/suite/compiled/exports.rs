//! The headers and the library name the same functions.
//!
//! gcc lists what the headers declare (`-aux-info`), and a table of all of it, compiled, holds the symbols
//! that those names become (asm labels included). What the library exports is read from the shared library
//! that cargo has built beside this test, so that functions made by macros count.

use longshore_fixtures::needs;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Headers that only C++ programs include: they declare templates and classes.
const CXX_ONLY: [&str; 4] = ["agents.h", "concrt.h", "concurrent_", "ppl.h"];

fn include_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn shared_library() -> PathBuf {
    std::env::current_exe().expect("a running test").with_file_name("liblongshore_win32.so")
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("ASCII output")
}

fn gcc() -> Command {
    let mut gcc = Command::new("gcc");
    gcc.args([
        "-std=gnu17",
        "-w",
        "-D_XOPEN_SOURCE=700",
        "-D_DEFAULT_SOURCE",
        "-D_WIN32",
        "-D_WIN64",
        "-DLONGSHORE_EXTENSION_PROTOTYPES",
        "-isystem",
    ]);
    gcc.arg(include_dir());
    gcc
}

/// `#include` lines for every header a C program can include.
fn all_headers() -> String {
    let mut headers: Vec<String> = std::fs::read_dir(include_dir())
        .expect("the include directory is part of the crate")
        .map(|entry| entry.expect("a readable entry").file_name().into_string().expect("ASCII names"))
        .filter(|name| {
            name.ends_with(".h")
                && name.to_lowercase() == *name
                && !name.contains("pack")
                && !CXX_ONLY.iter().any(|prefix| name.starts_with(prefix))
        })
        .collect();
    // <sys/socket.h> and <sys/poll.h> are the system's own, and refused beside Winsock. What stands for `__try` is included
    // by the wrapper.
    let deeper = ["sys/timeb.h", "sys/utime.h", "sys/stat.h", "sys/mman.h", "longshore/abi/msvc.h"];
    headers.extend(deeper.map(String::from));
    headers.sort();
    assert!(headers.len() > 80, "only {} found", headers.len());
    headers.iter().map(|header| format!("#include <{header}>\n")).collect()
}

/// Where a function is declared: the header, from the include directory on, and the line.
type Place = (String, usize);

/// The functions that our headers declare and leave to a library, by their names in C.
fn declared(scratch: &Path, headers: &str) -> BTreeMap<String, Place> {
    let source = scratch.join("headers.c");
    let listing = scratch.join("headers.txt");
    std::fs::write(&source, headers).expect("a writable scratch directory");
    succeed(gcc().arg("-fsyntax-only").arg("-aux-info").arg(&listing).arg(&source));
    let ours = format!("/* {}/", include_dir().display());
    std::fs::read_to_string(listing)
        .expect("gcc has written it")
        .lines()
        .filter_map(|line| line.strip_prefix(&ours)?.split_once(" */ "))
        .filter(|(place, prototype)| place.ends_with('C') && !prototype.starts_with("static "))
        .map(|(place, prototype)| {
            let mut parts = place.split(':');
            let header = parts.next().expect("split yields something").to_owned();
            let line = parts.next().and_then(|line| line.parse().ok()).expect("a line number");
            // The name is the first word that an argument list follows; `(*` opens a declarator.
            let (name, _) = prototype
                .match_indices(" (")
                .find(|&(at, _)| !prototype[at + 2..].starts_with('*'))
                .map(|(at, _)| prototype.split_at(at))
                .unwrap_or_else(|| panic!("not a prototype: {prototype}"));
            let name = name.rsplit([' ', '*']).next().expect("rsplit yields something");
            (name.to_owned(), (header, line))
        })
        .collect()
}

/// An object file whose undefined symbols are those of the functions.
fn table(scratch: &Path, headers: &str, names: &BTreeSet<String>) -> PathBuf {
    let mut source = headers.to_owned();
    for name in names {
        // A macro of the same name would lead elsewhere.
        writeln!(source, "#undef {name}").expect("memory");
    }
    source.push_str("void (*const table[])(void) = {\n");
    for name in names {
        writeln!(source, "    (void (*)(void)){name},").expect("memory");
    }
    source.push_str("};\nint main(void) { return 0; }\n");
    let file = scratch.join("table.c");
    std::fs::write(&file, source).expect("a writable scratch directory");
    let object = scratch.join("table.o");
    succeed(gcc().arg("-c").arg(&file).arg("-o").arg(&object));
    object
}

/// The symbols `nm` lists: the last word of each line.
fn symbols(options: &[&str], file: &Path) -> BTreeSet<String> {
    succeed(Command::new("nm").args(options).arg(file))
        .lines()
        .filter_map(|line| line.split_whitespace().next_back().map(str::to_owned))
        .collect()
}

/// What a linker says is missing.
fn undefined(object: &Path, library: &Path) -> BTreeSet<String> {
    let mut link = Command::new("gcc");
    link.env("LC_ALL", "C").arg(object).arg("-o").arg(object.with_extension("")).arg(library).arg("-lm");
    let output = run(&mut link);
    let complaints = String::from_utf8_lossy(&output.stderr);
    let missing: BTreeSet<String> = complaints
        .lines()
        .filter_map(|line| line.split_once("undefined reference to `"))
        .map(|(_, name)| name.trim_end_matches('\'').to_owned())
        .collect();
    assert!(output.status.success() || !missing.is_empty(), "{link:?}\n{complaints}");
    missing
}

#[test]
fn every_declared_function_is_there_and_every_exported_one_declared() {
    needs!("gcc", "nm");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let headers = all_headers();
    let names: BTreeSet<String> = declared(scratch.path(), &headers).into_keys().collect();
    let exported = symbols(&["-D", "--defined-only"], &shared_library());
    assert!(
        names.len() > 700 && exported.len() > 700,
        "{} declared, {} exported",
        names.len(),
        exported.len()
    );

    let object = table(scratch.path(), &headers, &names);
    let missing = undefined(&object, &shared_library());
    let wanted = symbols(&["-u"], &object);
    let undeclared: BTreeSet<&String> = exported.difference(&wanted).collect();
    assert!(
        missing.is_empty() && undeclared.is_empty(),
        "declared and nowhere to be found: {missing:?}\nexported and not declared: {undeclared:?}"
    );
}

/// The comment right above the declaration that a line belongs to; declarations
/// between the two are passed over.
fn comment_above(text: &[&str], line: usize) -> String {
    let mut at = line - 1;
    while at > 0 && !text[at - 1].trim().is_empty() && !text[at - 1].ends_with("*/") {
        at -= 1;
    }
    let end = at;
    while at > 0 && (at == end || !text[at].trim_start().starts_with("/*")) && !text[at - 1].is_empty() {
        at -= 1;
    }
    text[at..end].join(" ")
}

/// What the functions of Windows do is told above each, with its page in Microsoft's documentation.
#[test]
fn every_declared_function_says_what_it_does_and_names_its_page() {
    needs!("gcc");
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let names = declared(scratch.path(), &all_headers());
    let mut wrong = Vec::new();
    let mut told = 0;
    for (name, (header, line)) in &names {
        // The C library's own functions under private names, which no program calls.
        if name.starts_with("longshore_") {
            continue;
        }
        let text = std::fs::read_to_string(include_dir().join(header)).expect("a readable header");
        let text: Vec<&str> = text.lines().collect();
        let comment = comment_above(&text, *line);
        let both = name.strip_suffix(['A', 'W']).map(|name| format!(" {name}A/W]"));
        if comment.contains(&format!(" {name}]")) || both.is_some_and(|both| comment.contains(&both)) {
            told += 1;
        } else {
            wrong.push(format!("{header}:{line}: {name}: {comment}"));
        }
    }
    assert!(told > 700, "only {told} functions");
    assert!(wrong.is_empty(), "no line above, or one without the page:\n{}", wrong.join("\n"));
}

/// Headers are read in editors and in a terminal.
#[test]
fn no_line_of_a_header_is_longer_than_100_columns() {
    let mut pending = vec![include_dir()];
    let mut wrong = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).expect("readable").flatten().map(|entry| entry.path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("UTF-8 headers");
        let long = text.lines().enumerate().filter(|(_, line)| line.chars().count() > 100);
        wrong.extend(long.map(|(index, _)| format!("{}:{}", path.display(), index + 1)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
