//! The compiler's flags besides the user's.

use std::ffi::OsString;
use std::path::Path;

use crate::compile::command_line::{CharacterSet, CommandLine, Language};
use crate::compile::sources::project::Project;
use crate::compile::toolchain::compiler::{Family, Toolchain};
use crate::compile::toolchain::sdk::Sdk;

/// A flag for sources written for Windows, and which compilers it is for: every one where nothing is said.
///
/// This is the only list. The wrapper takes from it what suits its compiler; the packages that `longshore
/// install` makes hand on the rest as conditions (CMake) or as one package for each language (pkg-config).
struct Flag {
    text: &'static str,
    language: Option<Language>,
    family: Option<Family>,
    purpose: Purpose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Part of the language or of the machine.
    Dialect,
    /// Tells which system a program is built for.
    Macro,
    /// Accepts what is an error otherwise; not with `--strict`.
    Tolerance,
    /// Turns a warning off; not with `--strict`.
    Silence,
}

const fn flag(text: &'static str, purpose: Purpose) -> Flag {
    Flag { text, language: None, family: None, purpose }
}

impl Flag {
    const fn language(self, language: Language) -> Flag {
        Flag { language: Some(language), ..self }
    }

    const fn family(self, family: Family) -> Flag {
        Flag { family: Some(family), ..self }
    }

    fn suits(&self, language: Language, family: Family) -> bool {
        self.language.is_none_or(|only| only == language) && self.family.is_none_or(|only| only == family)
    }
}

/// Formats are Microsoft's (`%lu` for a DWORD, `%I64u`), and the compilers would check them as glibc's.
/// `-fms-extensions` is for structures without a name; in C++ it means builtins to clang, which the headers
/// define. `-mcx16` is for InterlockedCompareExchange128.
const FLAGS: [Flag; 19] = [
    flag("-Wno-unknown-pragmas", Purpose::Silence),
    flag("-Wno-attributes", Purpose::Silence),
    flag("-Wno-multichar", Purpose::Silence),
    flag("-Wno-endif-labels", Purpose::Silence),
    flag("-Wno-format", Purpose::Silence),
    flag("-Wno-narrowing", Purpose::Silence).language(Language::Cxx),
    flag("-Wno-write-strings", Purpose::Silence).language(Language::Cxx),
    flag("-Wno-invalid-offsetof", Purpose::Silence).language(Language::Cxx),
    flag("-Wno-ignored-attributes", Purpose::Silence).family(Family::Clang),
    flag("-Wno-unused-command-line-argument", Purpose::Silence).family(Family::Clang),
    flag("-Wno-microsoft", Purpose::Silence).family(Family::Clang),
    flag("-Wno-extra-tokens", Purpose::Silence).family(Family::Clang),
    flag("-Wno-implicit-function-declaration", Purpose::Silence).language(Language::C).family(Family::Clang),
    flag("-Wno-int-conversion", Purpose::Silence).language(Language::C).family(Family::Clang),
    flag("-fms-extensions", Purpose::Dialect).language(Language::C),
    flag("-fpermissive", Purpose::Tolerance).language(Language::Cxx).family(Family::Gcc),
    flag("-D_WIN32=1", Purpose::Macro),
    flag("-D_WIN64=1", Purpose::Macro),
    flag("-DWIN32=1", Purpose::Macro),
];
const MACHINE: Option<&str> = if cfg!(target_arch = "x86_64") { Some("-mcx16") } else { None };

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
    let flags = FLAGS
        .iter()
        .filter(|flag| flag.purpose == Purpose::Silence && flag.suits(language, toolchain.family))
        .map(|flag| flag.text);
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
    flags.filter(|flag| !asked(flag)).map(OsString::from).collect()
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
    let wanted = |flag: &&Flag| match flag.purpose {
        Purpose::Dialect => true,
        Purpose::Macro => !choices.windows_macros_off,
        Purpose::Tolerance => !choices.strict,
        Purpose::Silence => false,
    };
    let own = FLAGS.iter().filter(wanted).filter(|flag| flag.suits(language, toolchain.family));
    flags.extend(own.map(|flag| flag.text).chain(MACHINE).map(OsString::from));
    let mut add = |more: &[&str]| flags.extend(more.iter().map(OsString::from));
    // On Windows any object may become part of a DLL, and no build says so.
    if !line.common.iter().any(|given| CODE_MODELS.iter().any(|model| given == model)) {
        add(&["-fPIC", "-fno-semantic-interposition"]);
    }
    if language == Language::Cxx && !line.has_standard {
        flags.push(standard(project.standard.unwrap_or(STANDARD_CXX).max(STANDARD_LEAST)).into());
    }
    let mut add = |more: &[&str]| flags.extend(more.iter().map(OsString::from));
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

/// What pkg-config hands on for a language: flags that suit gcc and clang.
pub fn for_pkg_config(language: Language) -> String {
    let of_both = FLAGS.iter().filter(|flag| flag.family.is_none() && flag.suits(language, Family::Gcc));
    of_both.map(|flag| flag.text).chain(MACHINE).collect::<Vec<_>>().join(" ")
}

/// What CMake hands on: a list, with conditions that it decides for each source.
pub fn for_cmake() -> String {
    let conditional = |flag: &Flag| {
        let language = flag.language.map(|language| match language {
            Language::C => "C",
            Language::Cxx => "CXX",
        });
        let family = flag.family.map(|family| match family {
            Family::Gcc => "GNU",
            Family::Clang => "Clang,AppleClang",
        });
        match (language, family) {
            (None, None) => flag.text.to_owned(),
            (Some(language), None) => format!("$<$<COMPILE_LANGUAGE:{language}>:{}>", flag.text),
            (Some(language), Some(family)) => {
                format!("$<$<COMPILE_LANG_AND_ID:{language},{family}>:{}>", flag.text)
            }
            (None, Some(family)) => {
                let either =
                    ["C", "CXX"].map(|language| format!("$<COMPILE_LANG_AND_ID:{language},{family}>"));
                format!("$<$<OR:{}>:{}>", either.join(","), flag.text)
            }
        }
    };
    FLAGS.iter().map(conditional).chain(MACHINE.map(str::to_owned)).collect::<Vec<_>>().join(";")
}
