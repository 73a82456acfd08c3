//! Lists the functions this library exports, and hides those it imports.
//!
//! `GetProcAddress` needs the exported ones: in a program linked statically nothing else knows them by name.
//! The list is made from the sources: whatever follows `#[export]`, at the beginning of a line, and what
//! follows `#[unsafe(no_mangle)]` and is `extern "C"`.
//!
//! Imported functions get private names, so that none of the program's takes their place
//! (`src/abi/imports.rs`).

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The name of the function whose attributes `item` begins with.
fn name(item: &str) -> Option<&str> {
    // The signature comes first, whatever attributes precede it.
    let (_, after) = item.split_once(" fn ")?;
    after.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

/// The names a source exports.
fn exports(source: &str) -> impl Iterator<Item = &str> {
    let at_the_door = source.split("\n#[export").skip(1).filter_map(name);
    let by_hand = source.split("#[unsafe(no_mangle)]").skip(1).filter_map(|item| {
        let (before, _) = item.split_once(" fn ")?;
        let function =
            before.contains("extern \"C") && !before.contains(['{', ';', '(']) || before.contains("#[");
        name(item).filter(|_| function)
    });
    at_the_door.chain(by_hand)
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the sources are readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn main() {
    // Programs ask for the library by its name, wherever it was when they were linked.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,liblongshore_win32.so");
    println!("cargo::rerun-if-changed=src");
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut names = BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(file).expect("sources are text");
        names.extend(exports(&source).map(str::to_owned));
    }
    let mut generated = String::from("unsafe extern \"C\" {\n");
    for name in &names {
        writeln!(generated, "    fn {name}();").expect("memory");
    }
    generated.push_str("}\n\n/// Every exported function, by name.\n");
    writeln!(generated, "pub static EXPORTS: [(&str, Function); {}] = [", names.len()).expect("memory");
    for name in &names {
        writeln!(generated, "    (\"{name}\", {name}),").expect("memory");
    }
    generated.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("exports.rs"), generated).expect("the output directory is writable");
    for (file, text) in imports() {
        std::fs::write(out.join(file), text).expect("the output directory is writable");
    }
}

/// A function by a private name for each that is imported, and the option by which the shared library uses
/// it; for those that headers call, an exported one, too.
fn imports() -> [(&'static str, String); 2] {
    let names = std::fs::read_to_string("src/abi/imports/names.txt").expect("the names are readable");
    let (mut private, mut exported) = (String::new(), String::new());
    for line in names.lines().filter(|line| !line.starts_with('#')) {
        let name = line.trim_start_matches(['+', '?']);
        if !line.starts_with('?') {
            writeln!(private, "IMPORT {name}").expect("memory");
        }
        if line.starts_with('+') {
            writeln!(exported, "for_headers!(longshore_c_{name}, \"__wrap_{name}\");").expect("memory");
        }
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap={name}");
    }
    [("imports.s", private), ("imports.rs", exported)]
}
