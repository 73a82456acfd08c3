//! The compiler's flags besides the user's.

use std::ffi::OsString;
use std::path::Path;

use crate::compile::command_line::{CharacterSet, CommandLine, Language};
use crate::compile::sources::project::Project;
use crate::compile::toolchain::compiler::{Family, Toolchain};
use crate::compile::toolchain::sdk::Sdk;

/// Macros of the Microsoft compiler that tell which system a program is built for.
const WINDOWS_MACROS: [&str; 3] = ["-D_WIN32=1", "-D_WIN64=1", "-DWIN32=1"];

/// Macros of gcc that would make a program for both systems choose Linux.
const LINUX_MACROS: [&str; 9] = [
    "-U__linux__",
    "-U__linux",
    "-Ulinux",
    "-U__gnu_linux__",
    "-U__unix__",
    "-U__unix",
    "-Uunix",
    "-U__ELF__",
    "-U__ANDROID__",
];

/// Without these flags gcc refuses, or warns about, code that the Microsoft compiler accepts silently.
///
/// Formats are Microsoft's (`%lu` for a DWORD, `%I64u`), and the compilers would check them as glibc's.
const TOLERANCE: [&str; 5] =
    ["-Wno-unknown-pragmas", "-Wno-attributes", "-Wno-multichar", "-Wno-endif-labels", "-Wno-format"];
/// Structures without a name. To clang the same option means builtins as well, which the headers define.
const TOLERANCE_GCC: [&str; 1] = ["-fms-extensions"];
const TOLERANCE_CXX: [&str; 3] = ["-Wno-narrowing", "-Wno-write-strings", "-Wno-invalid-offsetof"];
const TOLERANCE_GCC_CXX: [&str; 1] = ["-fpermissive"];
const TOLERANCE_CLANG: [&str; 4] =
    ["-Wno-ignored-attributes", "-Wno-unused-command-line-argument", "-Wno-microsoft", "-Wno-extra-tokens"];
const TOLERANCE_CLANG_C: [&str; 2] = ["-Wno-implicit-function-declaration", "-Wno-int-conversion"];

/// Options by which the user chooses the kind of object.
const CODE_MODELS: [&str; 10] = [
    "-fPIC",
    "-fpic",
    "-fPIE",
    "-fpie",
    "-fno-pic",
    "-fno-PIC",
    "-fno-pie",
    "-fno-PIE",
    "-no-pie",
    "-static-pie",
];

/// The C++ standard for a program that names none: the one that new programs use.
const STANDARD_CXX: u8 = 20;

/// What Visual Studio calls C++14 takes some of C++17: a copy that is never made needs no constructor for it.
/// What it does not have is `std::byte`, which the prelude hides (`hides_byte`).
const STANDARD_LEAST: u8 = 17;

/// Whether a source is C++14 by its project, so that `byte` can only be the one of windows.h.
pub fn hides_byte(line: &CommandLine, language: Language, project: &Project) -> bool {
    language == Language::Cxx
        && !line.has_standard
        && project.standard.is_some_and(|year| year < STANDARD_LEAST)
}

/// Warnings turned off: after the user's own flags, because to clang a later -Wall turns them on again. One
/// the user asks for by name stays on.
pub fn silence(line: &CommandLine, language: Language, toolchain: &Toolchain) -> Vec<OsString> {
    if line.choices.strict {
        return Vec::new();
    }
    let mut flags: Vec<&str> = TOLERANCE.to_vec();
    if language == Language::Cxx {
        flags.extend(TOLERANCE_CXX);
    }
    if toolchain.family == Family::Clang {
        flags.extend(TOLERANCE_CLANG);
        if language == Language::C {
            flags.extend(TOLERANCE_CLANG_C);
        }
    }
    let asked = |flag: &&str| {
        let names = ["-W", "-Werror="].map(|start| flag.replacen("-Wno-", start, 1));
        line.common.iter().any(|given| {
            let given = given.to_string_lossy();
            // -Wformat=2 and -Wformat-security are about formats as well.
            names.iter().any(|name| {
                given.strip_prefix(name.as_str()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            })
        })
    };
    flags.into_iter().filter(|flag| !asked(flag)).map(OsString::from).collect()
}

/// The flags every source of a language gets, ahead of the user's own so that those win.
pub fn common(
    line: &CommandLine,
    language: Language,
    toolchain: &Toolchain,
    sdk: &Sdk,
    project: &Project,
) -> Vec<OsString> {
    let choices = &line.choices;
    let mut flags: Vec<OsString> = Vec::new();
    let mut add = |more: &[&str]| flags.extend(more.iter().map(OsString::from));
    if toolchain.family == Family::Gcc {
        add(&TOLERANCE_GCC);
        if language == Language::Cxx && !choices.strict {
            add(&TOLERANCE_GCC_CXX);
        }
    }
    if cfg!(target_arch = "x86_64") {
        // InterlockedCompareExchange128.
        add(&["-mcx16"]);
    }
    // On Windows any object may become part of a DLL, and no build says so.
    if !line.common.iter().any(|given| CODE_MODELS.iter().any(|model| given == model)) {
        add(&["-fPIC", "-fno-semantic-interposition"]);
    }
    if language == Language::Cxx && !line.has_standard {
        flags.push(standard(project.standard.unwrap_or(STANDARD_CXX).max(STANDARD_LEAST)).into());
    }
    let mut add = |more: &[&str]| flags.extend(more.iter().map(OsString::from));
    if !choices.windows_macros_off {
        add(&WINDOWS_MACROS);
    }
    if choices.linux_macros_off {
        add(&LINUX_MACROS);
    }
    if let Some(version) = &choices.msc_version {
        add(&[&format!("-D_MSC_VER={version}"), &format!("-D_MSC_FULL_VER={version:0<9}")]);
    }
    let unicode = match choices.characters {
        Some(characters) => characters == CharacterSet::Unicode,
        None => {
            line.names_macro("UNICODE")
                || line.names_macro("_UNICODE")
                || project.characters == Some(CharacterSet::Unicode)
        }
    };
    if unicode {
        for name in ["UNICODE", "_UNICODE"].iter().filter(|name| !line.names_macro(name)) {
            add(&[&format!("-D{name}")]);
        }
    }
    flags.extend(project.definitions.iter().map(|definition| format!("-D{definition}").into()));
    for directory in sdk.header_directories() {
        flags.extend(["-isystem".into(), OsString::from(directory)]);
    }
    flags
}

fn standard(year: u8) -> String {
    // The names that compilers from before the standard's publication know as well.
    match year {
        23 => "-std=gnu++2b".to_owned(),
        year => format!("-std=gnu++{year}"),
    }
}

/// What has to be included before everything else by a build that does without the wrapper.
pub fn forced_header(header: &Path) -> [OsString; 2] {
    ["-include".into(), header.into()]
}

/// What pkg-config and CMake hand on: flags that suit C and C++, gcc and clang.
pub fn for_packages() -> Vec<&'static str> {
    let mut flags = TOLERANCE.to_vec();
    if cfg!(target_arch = "x86_64") {
        flags.push("-mcx16");
    }
    flags.extend(WINDOWS_MACROS);
    flags
}
