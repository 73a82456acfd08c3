//! The header that is included ahead of a source: the standard headers it counts on, then what the Microsoft
//! compiler has built in.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::linux_headers;
use crate::compile::command_line::Language;
use crate::compile::sources::standard_names::Names;
use crate::compile::toolchain::sdk::COMPILER_HEADER;

pub fn write(
    scratch: &Path,
    names: &Names,
    language: Language,
    hides_byte: bool,
    linux_macros_off: bool,
) -> io::Result<PathBuf> {
    fs::create_dir_all(scratch)?;
    let path = scratch.join("longshore-prelude.h");
    fs::write(&path, text(names, language, hides_byte, linux_macros_off))?;
    Ok(path)
}

fn text(names: &Names, language: Language, hides_byte: bool, linux_macros_off: bool) -> String {
    let mut text = String::new();
    if hides_byte {
        // Whoever mentions std::byte first has named it. <functional> does so apart from <cstddef>, and other
        // headers include it.
        text.push_str("#define byte longshore_hidden_byte_\n#include <cstddef>\n#include <functional>\n");
    }
    for header in names.headers(language) {
        // A header newer than the compiler is the source's to complain about, by the name it uses.
        let _ = writeln!(text, "#if __has_include(<{header}>)\n#include <{header}>\n#endif");
    }
    if hides_byte {
        text.push_str("#undef byte\n");
    }
    // Warnings about these headers are no business of the user's.
    let text = linux_headers::as_linux(&text, linux_macros_off);
    format!("#pragma GCC system_header\n{text}#include <{COMPILER_HEADER}>\n")
}
