//! The header that is included ahead of a source: the standard headers it counts on, then what the Microsoft
//! compiler has built in.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::command_line::Language;
use super::sdk::COMPILER_HEADER;
use super::standard_names::Names;

pub fn write(scratch: &Path, names: &Names, language: Language) -> io::Result<PathBuf> {
    fs::create_dir_all(scratch)?;
    let path = scratch.join("longshore-prelude.h");
    fs::write(&path, text(names, language))?;
    Ok(path)
}

fn text(names: &Names, language: Language) -> String {
    // Warnings about these headers are no business of the user's.
    let mut text = "#pragma GCC system_header\n".to_owned();
    for header in names.headers(language) {
        // A header newer than the compiler is the source's to complain about, by the name it uses.
        let _ = writeln!(text, "#if __has_include(<{header}>)\n#include <{header}>\n#endif");
    }
    let _ = writeln!(text, "#include <{COMPILER_HEADER}>");
    text
}
