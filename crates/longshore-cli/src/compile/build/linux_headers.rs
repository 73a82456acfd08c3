//! Headers of the system's libraries, read as what they are: headers of Linux, or of Windows.
//!
//! The user's files see `_WIN32`. A header of libstdc++, Boost or curl that saw it would declare what the
//! library built for this system does not have. So for every such header that the user's files name, a small
//! one is put in front: it takes the Windows macros away, includes the header, and puts them back. What that
//! header includes in turn is read in the same state. Headers of a library that is headers alone and knows
//! Windows (`sources/libraries.rs`) get the opposite: Linux' macros are taken away.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::compile::sources::libraries::Libraries;

/// Macros that tell a header it is on Windows, or what compiles it.
const WINDOWS: [&str; 7] = ["_WIN32", "_WIN64", "WIN32", "_MSC_VER", "_MSC_FULL_VER", MINGW[0], MINGW[1]];

/// Tells a library that knows Windows that gcc compiles it there: it then does without `__try`.
const MINGW: [&str; 2] = ["__MINGW32__", "__MINGW64__"];

/// Macros of the compiler that `--no-linux-macros` takes away from the user's files, and their values.
const LINUX: [&str; 6] = ["__linux__", "__linux", "__gnu_linux__", "__unix__", "__unix", "__ELF__"];

/// Tells our own headers what they are read for, and those whose macros depend on it.
const AS_LINUX: &str = "LONGSHORE_AS_LINUX";
const DEPENDENT: &str =
    "#include <longshore/crt/files/open_flags.h>\n#include <longshore/socket/linux_names.h>\n";

/// Tells our headers that Winsock is there too.
pub const BESIDE_WINSOCK: &str = "LONGSHORE_BESIDE_WINSOCK";

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

/// Puts text between taking Linux' macros away and giving them back.
fn as_windows(text: &str) -> String {
    let mut output = String::with_capacity(text.len() + 512);
    for name in LINUX.iter().chain(&MINGW) {
        let _ = writeln!(output, "#pragma push_macro(\"{name}\")\n#undef {name}");
    }
    for name in MINGW {
        let _ = writeln!(output, "#define {name} 1");
    }
    output.push_str(text);
    for name in LINUX.iter().chain(&MINGW) {
        let _ = writeln!(output, "#pragma pop_macro(\"{name}\")");
    }
    output
}

/// Writes the headers that go in front of those that a source reaches; the directory they
/// are in, if there are any.
pub fn write(scratch: &Path, libraries: &Libraries, linux_macros_off: bool) -> io::Result<Option<PathBuf>> {
    let linux_macros_off = linux_macros_off || !libraries.windows.is_empty();
    let directory = scratch.join(if linux_macros_off { "as-linux-restored" } else { "as-linux" });
    let in_front = |name: &String, surround: &dyn Fn(&str) -> String| {
        let path = directory.join(name);
        if path.is_file() {
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(&directory))?;
        // A header may be included again and again, and may change macros itself: nothing guards it here.
        let text = surround(&format!("#include_next <{name}>\n"));
        fs::write(path, format!("#pragma GCC system_header\n{text}"))
    };
    libraries.linux.iter().try_for_each(|name| in_front(name, &|text| as_linux(text, linux_macros_off)))?;
    libraries.windows.iter().try_for_each(|name| in_front(name, &as_windows))?;
    let any = !libraries.linux.is_empty() || !libraries.windows.is_empty();
    Ok(any.then_some(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_the_macros_of_linux_around_it() {
        let scratch = tempfile::tempdir().unwrap();
        let mut libraries = Libraries::default();
        assert_eq!(write(scratch.path(), &libraries, false).unwrap(), None);
        libraries.linux.insert("boost/any.hpp".to_owned());
        let directory = write(scratch.path(), &libraries, false).unwrap().unwrap();
        let text = fs::read_to_string(directory.join("boost/any.hpp")).unwrap();
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part} in {text}"));
        assert!(place("#undef _WIN32\n") < place("#include_next <boost/any.hpp>"));
        assert!(place("#include_next <boost/any.hpp>") < place("#pragma pop_macro(\"_WIN32\")"));
        assert!(!text.contains("__linux__") && as_linux("", true).contains("#define __linux__ 1"));
    }
}
