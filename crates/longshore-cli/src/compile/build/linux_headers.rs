//! Headers of the system's libraries, read as what they are: headers of Linux.
//!
//! The user's files see `_WIN32`. A header of libstdc++, Boost or curl that saw it would declare what the
//! library built for this system does not have. So for every such header that the user's files name, a small
//! one is put in front: it takes the Windows macros away, includes the header, and puts them back. What that
//! header includes in turn is read in the same state.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Macros that tell a header it is on Windows, or what compiles it.
const WINDOWS: [&str; 5] = ["_WIN32", "_WIN64", "WIN32", "_MSC_VER", "_MSC_FULL_VER"];

/// Macros of the compiler that `--no-linux-macros` takes away from the user's files, and their values.
const LINUX: [&str; 6] = ["__linux__", "__linux", "__gnu_linux__", "__unix__", "__unix", "__ELF__"];

/// Tells our own headers what they are read for, and the one whose macros depend on it (open's flags).
const AS_LINUX: &str = "LONGSHORE_AS_LINUX";
const DEPENDENT: &str = "#include <longshore/crt/files/open_flags.h>\n";

/// Puts text between taking the Windows macros away and giving them back.
pub fn as_linux(text: &str, linux_macros_off: bool) -> String {
    let mut output = String::with_capacity(text.len() + 512);
    let taken = || WINDOWS.iter().chain(LINUX.iter().filter(|_| linux_macros_off));
    for name in taken() {
        let _ = writeln!(output, "#pragma push_macro(\"{name}\")\n#undef {name}");
    }
    for name in LINUX.iter().filter(|_| linux_macros_off) {
        let _ = writeln!(output, "#define {name} 1");
    }
    let _ = write!(
        output,
        "#pragma push_macro(\"{AS_LINUX}\")\n#undef {AS_LINUX}\n#define {AS_LINUX} 1\n{DEPENDENT}"
    );
    output.push_str(text);
    let _ = write!(output, "#pragma pop_macro(\"{AS_LINUX}\")\n{DEPENDENT}");
    for name in taken() {
        let _ = writeln!(output, "#pragma pop_macro(\"{name}\")");
    }
    output
}

/// Writes the headers that go in front of those with these names; the directory they
/// are in, if there are any.
pub fn write(
    scratch: &Path,
    names: &BTreeSet<String>,
    linux_macros_off: bool,
) -> io::Result<Option<PathBuf>> {
    if names.is_empty() {
        return Ok(None);
    }
    let directory = scratch.join("as-linux");
    for name in names {
        let path = directory.join(name);
        if path.is_file() {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(&directory))?;
        // A header may be included again and again, and may change macros itself: nothing guards it here.
        let text = as_linux(&format!("#include_next <{name}>\n"), linux_macros_off);
        fs::write(path, format!("#pragma GCC system_header\n{text}"))?;
    }
    Ok(Some(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_the_macros_of_linux_around_it() {
        let scratch = tempfile::tempdir().unwrap();
        assert_eq!(write(scratch.path(), &BTreeSet::new(), false).unwrap(), None);
        let names = BTreeSet::from(["boost/asio.hpp".to_owned()]);
        let directory = write(scratch.path(), &names, false).unwrap().unwrap();
        let text = fs::read_to_string(directory.join("boost/asio.hpp")).unwrap();
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part} in {text}"));
        assert!(place("#undef _WIN32\n") < place("#include_next <boost/asio.hpp>"));
        assert!(place("#include_next <boost/asio.hpp>") < place("#pragma pop_macro(\"_WIN32\")"));
        assert!(!text.contains("__linux__") && as_linux("", true).contains("#define __linux__ 1"));
    }
}
