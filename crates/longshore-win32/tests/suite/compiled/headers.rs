//! The headers compile: each alone, in any order, beside glibc and libstdc++, as C and as C++.
//!
//! clang joins gcc where it is installed. The include directory is passed with
//! `-I`, not `-isystem`, so that warnings inside our own headers are not hidden.

use longshore_fixtures::{needs, tools};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

/// The headers that servers include most; their order is nobody's business.
const COMMON: [&str; 10] = [
    "windows.h",
    "winsock2.h",
    "ws2tcpip.h",
    "mswsock.h",
    "ws2def.h",
    "ws2ipdef.h",
    "mstcpip.h",
    "winnt.h",
    "synchapi.h",
    "winternl.h",
];

/// What libstdc++ and ordinary programs bring in from glibc.
const GLIBC: [&str; 8] = [
    "sys/select.h",
    "sys/types.h",
    "sys/time.h",
    "unistd.h",
    "pthread.h",
    "signal.h",
    "fcntl.h",
    "netinet/tcp.h",
];

/// Headers that declare templates and classes: no C program includes them.
const CXX_ONLY: [&str; 4] = ["agents.h", "concrt.h", "concurrent_", "ppl.h"];

#[derive(Clone)]
struct Compilation {
    what: String,
    compiler: &'static str,
    flags: Vec<String>,
    source: String,
}

fn include_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn is_cxx(compiler: &str) -> bool {
    compiler.ends_with("++")
}

/// gcc and g++, and clang if it is there, with the standards each must accept.
#[track_caller]
fn dialects() -> Vec<(&'static str, &'static str)> {
    let mut dialects = vec![
        ("gcc", "c99"),
        ("gcc", "c11"),
        ("gcc", "c17"),
        ("gcc", "gnu17"),
        ("g++", "c++11"),
        ("g++", "c++14"),
        ("g++", "gnu++17"),
        ("g++", "c++20"),
    ];
    if tools::here(&["clang", "clang++"]) {
        dialects.extend([("clang", "c99"), ("clang", "c17"), ("clang++", "c++11"), ("clang++", "c++20")]);
    }
    dialects
}

fn includes<'a>(headers: impl IntoIterator<Item = &'a str>) -> String {
    headers.into_iter().map(|header| format!("#include <{header}>\n")).collect()
}

impl Compilation {
    fn new(
        what: impl Into<String>,
        (compiler, standard): (&'static str, &str),
        source: impl Into<String>,
    ) -> Self {
        let mut flags = vec![format!("-std={standard}")];
        flags.extend(["-Wall", "-Wextra", "-Werror", "-D_WIN32", "-D_WIN64", "-DWIN32"].map(String::from));
        Self { what: what.into(), compiler, flags, source: source.into() }
    }

    fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// What the compiler says against it, if anything.
    fn complaint(&self) -> Option<String> {
        let mut child = Command::new(self.compiler)
            .args(&self.flags)
            .arg("-I")
            .arg(include_dir())
            .args(["-fsyntax-only", "-x", if is_cxx(self.compiler) { "c++" } else { "c" }, "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the compiler was there a moment ago");
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(self.source.as_bytes())
            .expect("the compiler reads its input");
        let output = child.wait_with_output().expect("the compiler ends");
        let first_lines =
            |text: &[u8]| String::from_utf8_lossy(text).lines().take(12).collect::<Vec<_>>().join("\n");
        (!output.status.success()).then(|| {
            format!("{}: {} {}\n{}", self.what, self.compiler, self.flags[0], first_lines(&output.stderr))
        })
    }
}

/// Runs all of them, as many at a time as there are processors, and fails with every complaint.
fn compile_all(compilations: Vec<Compilation>) {
    assert!(!compilations.is_empty(), "a test that compiles nothing proves nothing");
    let queue = Mutex::new(compilations.into_iter());
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, Into::into) {
            scope.spawn(|| {
                loop {
                    let Some(next) = queue.lock().expect("no thread panics with the lock").next() else {
                        break;
                    };
                    if let Some(complaint) = next.complaint() {
                        complaints.lock().expect("no thread panics with the lock").push(complaint);
                    }
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no thread panics with the lock");
    assert!(complaints.is_empty(), "{} of them failed:\n{}", complaints.len(), complaints.join("\n\n"));
}

/// All headers of the directory but those that only open or close a `#pragma pack`.
fn all_headers() -> Vec<String> {
    let mut headers: Vec<String> = std::fs::read_dir(include_dir())
        .expect("the include directory is part of the crate")
        .map(|entry| entry.expect("a readable entry").file_name().into_string().expect("ASCII names"))
        .filter(|name| name.ends_with(".h") && !name.starts_with("pshpack") && name != "poppack.h")
        .collect();
    headers.sort();
    assert!(headers.len() > 80, "only {} found", headers.len());
    headers
}

/// Whether a program in the compiler's language may include the header.
fn serves(header: &str, compiler: &str) -> bool {
    is_cxx(compiler) || !CXX_ONLY.iter().any(|prefix| header.starts_with(prefix))
}

#[test]
fn every_other_spelling_is_that_of_a_header() {
    let list = include_dir().with_file_name("pkg").join("header_spellings.txt");
    let list = std::fs::read_to_string(list).expect("the list is part of the crate");
    assert!(list.lines().count() > 80);
    for spelling in list.lines() {
        let header = spelling.to_ascii_lowercase();
        assert!(header != spelling, "{spelling} is the header's own name");
        assert!(include_dir().join(&header).is_file(), "{spelling} forwards to {header}, which is not there");
    }
}

/// Every file of the tree is spelled in lower case: other spellings are made, not kept.
#[test]
fn no_header_is_kept_under_a_name_with_capital_letters() {
    for name in std::fs::read_dir(include_dir()).expect("the include directory").flatten() {
        let name = name.file_name().into_string().expect("ASCII names");
        assert_eq!(name.to_ascii_lowercase(), name);
    }
}

#[test]
fn every_header_compiles_alone() {
    needs!("gcc", "g++");
    let mut compilations = Vec::new();
    for header in all_headers() {
        for dialect in [("gcc", "c17"), ("g++", "c++11")] {
            if serves(&header, dialect.0) {
                compilations.push(Compilation::new(&header, dialect, includes([header.as_str()])));
            }
        }
    }
    compile_all(compilations);
}

#[test]
fn all_headers_compile_together_in_every_dialect_forwards_and_backwards() {
    needs!("gcc", "g++");
    let headers = all_headers();
    let mut compilations = Vec::new();
    for dialect in dialects() {
        let headers = headers.iter().map(String::as_str).filter(|header| serves(header, dialect.0));
        let forwards = includes(headers.clone());
        let backwards = includes(headers.rev());
        compilations.push(Compilation::new("forwards", dialect, &forwards));
        compilations
            .push(Compilation::new("backwards", dialect, &backwards).flag("-DUNICODE").flag("-D_UNICODE"));
    }
    compile_all(compilations);
}

#[test]
fn the_common_headers_compile_in_either_order() {
    needs!("gcc", "g++");
    let mut compilations = Vec::new();
    for first in COMMON {
        for second in COMMON.into_iter().filter(|&second| second != first) {
            let pair = includes([first, second]);
            compilations.push(Compilation::new(format!("{first}, {second}"), ("gcc", "c11"), &pair));
            compilations.push(
                Compilation::new(format!("{first}, {second}, lean"), ("g++", "c++11"), &pair)
                    .flag("-DWIN32_LEAN_AND_MEAN"),
            );
        }
    }
    compile_all(compilations);
}

#[test]
fn the_whole_of_libstdcxx_may_come_first_or_last() {
    needs!("gcc", "g++");
    let ours = includes(COMMON);
    let theirs = includes(["bits/stdc++.h"]);
    let mut compilations = Vec::new();
    for dialect in dialects().into_iter().filter(|(compiler, _)| is_cxx(compiler)) {
        compilations.push(Compilation::new("libstdc++ first", dialect, format!("{theirs}{ours}")));
        compilations
            .push(Compilation::new("libstdc++ last", dialect, format!("{ours}{theirs}")).flag("-DNOMINMAX"));
        compilations.push(Compilation::new("libstdc++ last", dialect, format!("{ours}{theirs}")));
    }
    compile_all(compilations);
}

#[test]
fn glibc_headers_may_come_first_or_last() {
    needs!("gcc", "g++");
    let ours = includes(COMMON);
    let theirs = includes(GLIBC.into_iter().filter(|&header| header != "netinet/tcp.h"));
    let mut compilations = Vec::new();
    for dialect in dialects() {
        compilations.push(Compilation::new("glibc first", dialect, format!("{theirs}{ours}")));
        compilations.push(Compilation::new("glibc last", dialect, format!("{ours}{theirs}")));
    }
    compile_all(compilations);
}

#[test]
fn the_systems_sockets_beside_winsock_are_refused_with_a_reason() {
    needs!("gcc", "g++");
    for (first, second) in
        [("winsock2.h", "sys/socket.h"), ("netinet/in.h", "winsock2.h"), ("poll.h", "windows.h")]
    {
        let complaint = Compilation::new("mixed", ("gcc", "c17"), includes([first, second]))
            .complaint()
            .unwrap_or_else(|| panic!("{first} then {second} compiled"));
        assert!(
            complaint.contains("a source file uses either Winsock or the system's sockets"),
            "{complaint}"
        );
    }
}

#[test]
fn a_source_file_for_linux_alone_keeps_the_systems_sockets() {
    needs!("gcc", "g++");
    let source = "#include <sys/select.h>\n#include <sys/socket.h>\n#include <netinet/in.h>\n#include <poll.h>\n#include <unistd.h>\n\
        int f(void); int f(void) { fd_set s; struct pollfd p = { 0, POLLIN, 0 }; FD_ZERO(&s); FD_SET(0, &s);\n\
        return select(1, &s, 0, 0, 0) + poll(&p, 1, 0) + socket(AF_INET6, SOCK_STREAM, 0); }\n";
    compile_all(vec![
        Compilation::new("native", ("gcc", "gnu17"), source).flag("-DLONGSHORE_NATIVE_SOCKETS"),
        Compilation::new("native", ("g++", "c++17"), source).flag("-DLONGSHORE_NATIVE_SOCKETS"),
    ]);
}

/// The programs in `tests/headers/`, each in every dialect of its language, both character sets.
fn programs(extension: &str) -> Vec<Compilation> {
    let mut compilations = Vec::new();
    for entry in
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/headers")).expect("it is there")
    {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_none_or(|found| found != extension) {
            continue;
        }
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&path).expect("UTF-8 source");
        for dialect in dialects().into_iter().filter(|(compiler, _)| is_cxx(compiler) == (extension == "cpp"))
        {
            // No compiler here knows `#pragma comment(lib, ...)`; the wrapper silences it too.
            let compilation = Compilation::new(&name, dialect, &source).flag("-Wno-unknown-pragmas");
            if ["c11", "c++17", "gnu++17"].contains(&dialect.1) {
                compilations.push(compilation.clone().flag("-DUNICODE").flag("-D_UNICODE"));
            }
            compilations.push(compilation);
        }
    }
    compilations
}

#[test]
fn programs_in_c_compile() {
    needs!("gcc", "g++");
    compile_all(programs("c"));
}

#[test]
fn programs_in_cxx_compile() {
    needs!("gcc", "g++");
    compile_all(programs("cpp"));
}

#[test]
fn interlocked_operations_return_what_windows_says() {
    needs!("gcc", "g++");
    let directory = std::env::temp_dir().join(format!("longshore-headers-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/headers/interlocked_values.c");
    for (compiler, language) in [("gcc", "c"), ("g++", "c++")] {
        let program = directory.join(format!("interlocked-{compiler}"));
        let built = Command::new(compiler)
            .args(["-O2", "-x", language])
            .arg(&source)
            .arg("-isystem")
            .arg(include_dir())
            .arg("-o")
            .arg(&program)
            .output()
            .expect("the compiler starts");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let run = Command::new(&program).output().expect("the program starts");
        assert!(run.status.success(), "as {language}: line {:?} of {}", run.status.code(), source.display());
    }
    std::fs::remove_dir_all(&directory).expect("ours to remove");
}
