//! What is absent is said: in a list, and by the compiler where a program calls it.
//!
//! The marks in the library's sources (`absent!`, see `src/abi/absent.rs`) are the origin. From them come
//! `docs/absent.md` and `include/longshore/abi/absent.h`: `LONGSHORE_BLESS=1 cargo test --test suite absent`
//! writes them anew, and without it the test fails if they are not what the marks say.

use longshore_fixtures::needs;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Absence {
    Fails,
    Answers,
}

/// By the function's name: what it does, and the reason.
type Marks = BTreeMap<String, (Absence, String)>;

fn crate_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn include_dir() -> PathBuf {
    crate_directory().join("include")
}

/// The text up to the closing quotation mark of the literal that begins the source.
fn literal(source: &str) -> Option<(&str, &str)> {
    source.trim_start().strip_prefix('"')?.split_once('"')
}

/// The marks of one source: `absent!(fails f, "reason")` in functions,
/// `absent_functions!("reason", ..., T: f g)`.
fn marks_of(source: &str, marks: &mut Marks) {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    for mark in code.split(" absent!(").skip(1) {
        let (absence, rest) = match (mark.strip_prefix("fails "), mark.strip_prefix("answers ")) {
            (Some(rest), _) => (Absence::Fails, rest),
            (_, Some(rest)) => (Absence::Answers, rest),
            _ => panic!("neither fails nor answers: {}", mark.lines().next().unwrap_or_default()),
        };
        let (name, rest) = rest.split_once(',').expect("a name and a reason");
        if name.starts_with('$') {
            continue;
        }
        let (reason, _) = literal(rest).expect("a reason in quotation marks");
        marks.insert(name.to_owned(), (absence, reason.to_owned()));
    }
    for group in code.split("absent_functions!(").skip(1) {
        let (reason, rest) = literal(group).expect("a reason in quotation marks");
        let (names, _) = rest.split_once(");").expect("the end of the group");
        let (_, names) = names.rsplit_once(':').expect("a type, then names");
        for name in names.split_whitespace() {
            marks.insert(name.to_owned(), (Absence::Fails, reason.to_owned()));
        }
    }
}

fn marks() -> Marks {
    let mut marks = Marks::new();
    let mut pending = vec![crate_directory().join("src")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("readable sources");
            pending.extend(entries.map(|entry| entry.expect("a readable entry").path()));
        } else if !path.ends_with("abi/absent.rs") {
            marks_of(&std::fs::read_to_string(&path).expect("UTF-8 sources"), &mut marks);
        }
    }
    assert!(marks.len() > 50, "only {} marks found", marks.len());
    marks
}

fn with(marks: &Marks, absence: Absence) -> impl Iterator<Item = (&str, &str)> {
    marks
        .iter()
        .filter(move |(_, mark)| mark.0 == absence)
        .map(|(name, (_, reason))| (name.as_str(), reason.as_str()))
}

fn page(marks: &Marks) -> String {
    let mut text = String::from(
        "<!-- Generated from the marks in the library's sources by the test `absent`; LONGSHORE_BLESS=1 writes it anew. -->\n\n\
         # What is absent\n\n\
         Programs for Windows link against these functions and get nothing from them here. The compiler warns where a\n\
         program calls one or takes its address (`-Wno-deprecated-declarations`, or `LONGSHORE_ABSENT_IS_KNOWN` defined,\n\
         turns the warnings off), and the first call writes a line to the log (`LONGSHORE_LOG`). Functions that are not\n\
         declared at all are not listed.\n\n\
         ## Functions that always fail\n\n| function | why |\n|---|---|\n",
    );
    for (name, reason) in with(marks, Absence::Fails) {
        writeln!(text, "| `{name}` | {reason} |").expect("memory");
    }
    text.push_str(
        "\n## Functions that only answer\n\n\
         They return what Windows returns where the thing asked for is not there, so that programs go on without it.\n\n\
         | function | answer |\n|---|---|\n",
    );
    for (name, reason) in with(marks, Absence::Answers) {
        writeln!(text, "| `{name}` | {reason} |").expect("memory");
    }
    text
}

fn header(marks: &Marks) -> String {
    let mut text = String::from(
        "/*\n * Longshore: the warnings for functions that always fail or only answer. The declaration of f\n \
         * begins with LONGSHORE_ABSENT(f). docs/absent.md of the source tree lists them.\n *\n \
         * Generated from the marks in the library's sources by the test `absent`;\n \
         * LONGSHORE_BLESS=1 writes it anew.\n */\n\
         #ifndef LONGSHORE_ABSENT_H\n#define LONGSHORE_ABSENT_H\n\n\
         #ifdef LONGSHORE_ABSENT_IS_KNOWN\n#define LONGSHORE_ABSENT(name)\n#else\n\
         #define LONGSHORE_ABSENT(name) __attribute__((__deprecated__(LONGSHORE_ABSENT_##name)))\n#endif\n\n",
    );
    for (name, (absence, reason)) in marks {
        let what = match absence {
            Absence::Fails => "always fails in Longshore",
            Absence::Answers => "only answers in Longshore",
        };
        writeln!(text, "#define LONGSHORE_ABSENT_{name} \\\n    \"{what}: {reason}\"").expect("memory");
    }
    text + "\n#endif\n"
}

fn check(path: &Path, text: &str) {
    if std::env::var_os("LONGSHORE_BLESS").is_some() {
        std::fs::write(path, text).expect("a writable checkout");
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    let different = there.lines().zip(text.lines()).find(|(there, generated)| there != generated);
    assert!(
        there == text,
        "{} is not what the marks say; first difference: {different:?}. LONGSHORE_BLESS=1 writes it anew",
        path.display()
    );
}

#[test]
fn the_list_and_the_warnings_are_what_the_marks_say() {
    let marks = marks();
    check(&crate_directory().join("../../docs/absent.md"), &page(&marks));
    check(&include_dir().join("longshore/abi/absent.h"), &header(&marks));
}

/// What a compiler says of a C program, a function of which uses `name` as `text` says.
fn said(compiler: &str, language: &str, text: &str) -> String {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let source = scratch.path().join("program");
    std::fs::write(&source, format!("#include <windows.h>\n#include <mswsock.h>\n#include <dbghelp.h>\n#include <iphlpapi.h>\n#include <winsvc.h>\nvoid use(void *p);\nvoid f(void)\n{{\n{text}}}\n"))
        .expect("a writable scratch directory");
    let output = Command::new(compiler)
        .env("LC_ALL", "C")
        .args(["-x", language, "-D_WIN32", "-D_WIN64", "-fsyntax-only", "-isystem"])
        .arg(include_dir())
        .arg(&source)
        .output()
        .expect("the compiler runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// Calls warn, and so do addresses: for every function that has a mark, once, with its reason.
#[test]
fn the_compiler_warns_of_every_function_that_is_absent() {
    needs!("gcc", "g++");
    let marks = marks();
    // TransmitPackets is had by its identifier only.
    let names = || marks.iter().filter(|(name, _)| *name != "TransmitPackets");
    let text: String = names().map(|(name, _)| format!("    use((void *){name});\n")).collect();
    let clang = Command::new("clang").arg("--version").output().is_ok();
    let compilers = [("gcc", "c"), ("g++", "c++"), ("clang", "c"), ("clang", "c++")];
    for (compiler, language) in compilers.into_iter().filter(|(compiler, _)| clang || *compiler != "clang") {
        let said = said(compiler, language, &text);
        let warnings: Vec<&str> = said.lines().filter(|line| line.contains("warning:")).collect();
        for (name, (_, reason)) in names() {
            // gcc names it alone, g++ with its arguments.
            let named =
                |line: &str| line.contains(&format!("{name}'")) || line.contains(&format!(" {name}("));
            let about = warnings.iter().filter(|line| named(line) && line.contains(reason.as_str()));
            assert_eq!(about.count(), 1, "{compiler} of {name}:\n{}", warnings.join("\n"));
        }
        assert_eq!(warnings.len(), names().count(), "{compiler}: {}", warnings.join("\n"));
    }
}

#[test]
fn the_compiler_warns_of_a_call_and_of_nothing_else() {
    needs!("gcc");
    let called = said("gcc", "c", "    FindCloseChangeNotification(0);\n    CloseHandle(0);\n");
    assert_eq!(called.matches("warning:").count(), 1, "{called}");
    assert!(called.contains("always fails in Longshore: directories cannot be watched yet"), "{called}");
    let known = said("gcc", "c", "    CloseHandle(0);\n}\n#define UNUSED\nvoid g(void) {\n");
    assert!(!known.contains("warning:"), "{known}");
}
