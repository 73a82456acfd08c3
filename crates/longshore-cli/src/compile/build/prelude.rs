//! The header that is included ahead of a source: the standard headers it counts on, then what the Microsoft
//! compiler has built in.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::linux_headers;
use crate::compile::command_line::Language;
use crate::compile::sources::standard_names::Names;
use crate::compile::toolchain::sdk::COMPILER_HEADER;

/// What the prelude of a source depends on.
pub struct Contents<'a> {
    pub names: &'a Names,
    /// Names of glibc's that mean something else in the source.
    pub own_names: &'a BTreeSet<&'static str>,
    pub language: Language,
    pub hides_byte: bool,
    pub linux_macros_off: bool,
}

/// The headers that declare names of `glibc_names.txt`, or include one that does.
const DECLARING: [&str; 19] = [
    "ctype.h",
    "direct.h",
    "fcntl.h",
    "io.h",
    "locale.h",
    "math.h",
    "process.h",
    "signal.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "strings.h",
    "sys/stat.h",
    "sys/time.h",
    "sys/types.h",
    "time.h",
    "unistd.h",
    "wchar.h",
    "wctype.h",
];

pub fn write(scratch: &Path, contents: &Contents<'_>) -> io::Result<PathBuf> {
    fs::create_dir_all(scratch)?;
    let path = scratch.join("longshore-prelude.h");
    fs::write(&path, text(contents))?;
    Ok(path)
}

fn text(contents: &Contents<'_>) -> String {
    let mut text = String::new();
    // Once declared under another name, never declared again.
    for name in contents.own_names {
        let _ = writeln!(text, "#define {name} longshore_glibc_{name}");
    }
    for header in DECLARING.iter().filter(|_| !contents.own_names.is_empty()) {
        let _ = writeln!(text, "#include <{header}>");
    }
    for name in contents.own_names {
        let _ = writeln!(text, "#undef {name}");
    }
    if contents.hides_byte {
        // Whoever mentions std::byte first has named it. <functional> does so apart from <cstddef>, and other
        // headers include it.
        text.push_str("#define byte longshore_hidden_byte_\n#include <cstddef>\n#include <functional>\n");
    }
    for header in contents.names.headers(contents.language) {
        // A header that is newer than the compiler is left out; the error then names
        // the header that the source uses.
        let _ = writeln!(text, "#if __has_include(<{header}>)\n#include <{header}>\n#endif");
    }
    if contents.hides_byte {
        text.push_str("#undef byte\n");
    }
    // The user does not want warnings about these headers.
    let text = linux_headers::as_linux(&text, contents.linux_macros_off);
    format!("#pragma GCC system_header\n{text}#include <{COMPILER_HEADER}>\n")
}
