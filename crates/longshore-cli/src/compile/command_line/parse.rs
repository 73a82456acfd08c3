//! gcc's options, sorted by the step they are for.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::pe_options::{self, Meaning, Sieve};
use super::{CharacterSet, CommandLine, Input, Language, SourceFile, Stage, response_file};
use crate::failure::Failure;

/// gcc and clang options whose value is the next argument.
const WITH_VALUE: [&str; 34] = [
    "-isystem",
    "-idirafter",
    "-imacros",
    "-isysroot",
    "-iprefix",
    "-iwithprefix",
    "-iwithprefixbefore",
    "-imultilib",
    "-MT",
    "-MQ",
    "-aux-info",
    "-dumpbase",
    "-dumpbase-ext",
    "-dumpdir",
    "--param",
    "-Xpreprocessor",
    "-Xassembler",
    "-A",
    "-arch",
    "-target",
    "-Xclang",
    "-mllvm",
    "-ivfsoverlay",
    "-include-pch",
    "-gcc-toolchain",
    "--sysroot",
    "-wrapper",
    "-G",
    "-x",
    "-o",
    "-D",
    "-U",
    "-I",
    "-B",
];

/// Options for the linker whose value is the next argument.
const LINK_WITH_VALUE: [&str; 8] = ["-L", "-l", "-T", "-u", "-z", "-e", "-Xlinker", "-rpath"];

pub fn parse(arguments: Vec<OsString>, driver: Language) -> Result<CommandLine, Failure> {
    let mut line = CommandLine::default();
    let mut dialect: Option<OsString> = None;
    let mut sieve = Sieve::default();
    let mut arguments = response_file::expand(arguments).into_iter();
    while let Some(argument) = arguments.next() {
        if line.own_option(&argument, &mut arguments)? {
            continue;
        }
        line.rest.push(argument.clone());
        let bytes = argument.as_bytes();
        if bytes == b"-" || !bytes.starts_with(b"-") {
            line.input(argument, driver, dialect.as_ref());
            continue;
        }
        let text = argument.to_string_lossy().into_owned();
        if let Some(meaning) = pe_options::of_compiler(&text) {
            match meaning {
                Meaning::Nothing => {}
                Meaning::Unicode => {
                    line.choices.characters.get_or_insert(CharacterSet::Unicode);
                }
                Meaning::SharedObject => {
                    line.links_shared_object = true;
                    line.common.push("-shared".into());
                }
            }
            continue;
        }
        if LINK_WITH_VALUE.contains(&text.as_str()) {
            let value = value(&mut arguments, &mut line.rest, &text)?;
            if text == "-Xlinker" && !value.to_str().is_none_or(|word| sieve.passes(word)) {
                continue;
            }
            line.inputs.push(Input::Link(argument));
            line.inputs.push(Input::Link(value));
            continue;
        }
        match text.as_str() {
            "-c" => line.stage = Stage::Object,
            "-S" => line.stage = Stage::Assembly,
            "-E" => line.stage = Stage::Preprocess,
            "-fsyntax-only" => line.stage = Stage::Check,
            "-M" | "-MM" => {
                line.stage = Stage::Preprocess;
                line.writes_dependencies = true;
                line.compile.push(argument);
            }
            "-MD" | "-MMD" => {
                line.writes_dependencies = true;
                line.compile.push(argument);
            }
            "-MF" => line.dependency_file = Some(value(&mut arguments, &mut line.rest, &text)?.into()),
            "-include" => line.forced_includes.push(value(&mut arguments, &mut line.rest, &text)?.into()),
            "-iquote" => line.quote_directories.push(value(&mut arguments, &mut line.rest, &text)?.into()),
            _ if text.starts_with("-Wl,") => {
                // The linker's options are passed on to the byte if nothing is taken out of them.
                let kept = argument.to_str().map(|text| sieve.list(&text[4..]));
                line.inputs.extend(kept.unwrap_or(Some(text)).map(|text| Input::Link(text.into())));
            }
            _ if (text.starts_with("-l") && bytes.len() > 2) || text.starts_with("-L") => {
                line.inputs.push(Input::Link(argument));
            }
            _ => {
                let (name, value) = split(&argument, &text, &mut arguments, &mut line.rest)?;
                match (name.as_str(), value) {
                    ("-o", Some(value)) => line.output = Some(value.into()),
                    ("-x", Some(value)) => dialect = (value != "none").then_some(value),
                    ("-I", Some(value)) => line.include_directories.push(value.into()),
                    ("-D" | "-U", Some(value)) => {
                        let definition = value.to_string_lossy();
                        line.macros.push(definition.split(['=', '(']).next().unwrap_or_default().to_owned());
                        line.compile.push(argument.clone());
                        if bytes.len() == 2 {
                            line.compile.push(value);
                        }
                    }
                    (_, value) => {
                        line.has_standard |=
                            text.starts_with("-std=") || text.starts_with("--std=") || text == "-ansi";
                        line.links_shared_object |= text == "-shared";
                        line.links_statically |= matches!(text.as_str(), "-static" | "-static-pie");
                        line.links_nothing_extra |=
                            matches!(text.as_str(), "-nostdlib" | "-nodefaultlibs" | "-r");
                        line.common.push(argument.clone());
                        line.common.extend(value);
                    }
                }
            }
        }
    }
    line.import_library = sieve.import_library;
    Ok(line)
}

/// The value that follows an option.
fn value(
    arguments: &mut impl Iterator<Item = OsString>,
    rest: &mut Vec<OsString>,
    name: &str,
) -> Result<OsString, Failure> {
    let value = arguments.next().ok_or_else(|| Failure::new(format!("{name} needs a value after it")))?;
    rest.push(value.clone());
    Ok(value)
}

/// The name and the value, joined or not, of an option that has one.
fn split(
    argument: &OsStr,
    text: &str,
    arguments: &mut impl Iterator<Item = OsString>,
    rest: &mut Vec<OsString>,
) -> Result<(String, Option<OsString>), Failure> {
    if WITH_VALUE.contains(&text) {
        return Ok((text.to_owned(), Some(value(arguments, rest, text)?)));
    }
    for name in ["-o", "-x", "-I", "-D", "-U"] {
        if text.starts_with(name) && !(name == "-o" && text.starts_with("-ob")) {
            let value = OsString::from_vec(argument.as_bytes()[2..].to_vec());
            return Ok((name.to_owned(), Some(value)));
        }
    }
    Ok((text.to_owned(), None))
}

impl CommandLine {
    fn input(&mut self, argument: OsString, driver: Language, dialect: Option<&OsString>) {
        let path = Path::new(&argument);
        let language = match dialect {
            Some(dialect) => match dialect.to_string_lossy().as_ref() {
                "c" | "c-header" => Some(Language::C),
                "c++" | "c++-header" => Some(Language::Cxx),
                _ => None,
            },
            None => match language_of(path, driver) {
                Some(language) => Some(language),
                None if is_other_source(path) => None,
                None => return self.inputs.push(Input::Link(argument)),
            },
        };
        // Standard input has no place in a tree.
        let language = language.filter(|_| argument != "-");
        let path = argument.into();
        self.inputs.push(Input::Source(SourceFile { path, language, dialect: dialect.cloned() }));
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().into_owned()
}

/// By the suffix, in any case; on Windows case means nothing.
fn language_of(path: &Path, driver: Language) -> Option<Language> {
    let suffix = extension(path);
    if suffix == "C" {
        return Some(Language::Cxx);
    }
    match suffix.to_ascii_lowercase().as_str() {
        "c" | "h" => Some(driver),
        "cc" | "cp" | "cxx" | "cpp" | "c++" | "hpp" | "hh" | "hxx" => Some(Language::Cxx),
        _ => None,
    }
}

/// What gcc compiles or assembles, but nothing here looks into.
fn is_other_source(path: &Path) -> bool {
    matches!(extension(path).as_str(), "s" | "S" | "sx" | "i" | "ii" | "m" | "mm") || path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn parsed(arguments: &[&str]) -> CommandLine {
        parse(arguments.iter().map(OsString::from).collect(), Language::Cxx).unwrap()
    }

    fn strings(arguments: &[OsString]) -> Vec<&str> {
        arguments.iter().map(|argument| argument.to_str().unwrap()).collect()
    }

    #[test]
    fn options_find_their_step() {
        let line = parsed(&[
            "-c",
            "-O2",
            "-I",
            "inc",
            "-Iinc2",
            "-DA=1",
            "-D",
            "B",
            "-o",
            "x.o",
            "-MMD",
            "-MF",
            "x.d",
            "-isystem",
            "sys",
            "-include",
            "pch.h",
            "a.Cpp",
            "-lfoo",
            "-Wl,-s",
            "-L",
            "lib",
            "b.o",
            "-std=c++17",
        ]);
        assert_eq!(line.stage, Stage::Object);
        assert_eq!(line.include_directories, [PathBuf::from("inc"), PathBuf::from("inc2")]);
        assert_eq!(line.output, Some("x.o".into()));
        assert_eq!(line.dependency_file, Some("x.d".into()));
        assert_eq!(line.forced_includes, [PathBuf::from("pch.h")]);
        assert_eq!(strings(&line.compile), ["-DA=1", "-D", "B", "-MMD"]);
        assert_eq!(strings(&line.common), ["-O2", "-isystem", "sys", "-std=c++17"]);
        assert!(line.has_standard && line.names_macro("A") && line.names_macro("B"));
        let links: Vec<_> = line
            .inputs
            .iter()
            .filter_map(|input| match input {
                Input::Link(argument) => argument.to_str(),
                Input::Source(_) => None,
            })
            .collect();
        assert_eq!(links, ["-lfoo", "-Wl,-s", "-L", "lib", "b.o"]);
        assert_eq!(line.sources().next().unwrap().language, Some(Language::Cxx));
    }

    #[test]
    fn languages_follow_the_suffix_and_the_option() {
        let languages = |arguments: &[&str], driver| {
            let line = parse(arguments.iter().map(OsString::from).collect(), driver).unwrap();
            line.sources().map(|source| source.language).collect::<Vec<_>>()
        };
        let (c, cxx) = (Some(Language::C), Some(Language::Cxx));
        assert_eq!(
            languages(&["a.c", "b.CPP", "c.Cpp", "d.cc", "e.S"], Language::C),
            [c, cxx, cxx, cxx, None]
        );
        assert_eq!(
            languages(&["a.c", "-x", "c", "b.cpp", "-x", "none", "c.C"], Language::Cxx),
            [cxx, c, cxx]
        );
    }

    #[test]
    fn our_options_are_kept_from_the_compiler() {
        let line =
            parsed(&["--unicode", "--source-charset=cp949", "--verbose", "--version", "--param", "x=1"]);
        assert_eq!(line.choices.characters, Some(CharacterSet::Unicode));
        assert!(line.choices.verbose && line.choices.charset.is_some());
        assert_eq!(strings(&line.rest), ["--version", "--param", "x=1"]);
        let error = parse(vec!["--source-charset=klingon".into()], Language::C).unwrap_err();
        assert!(error.to_string().contains("klingon"));
    }
}
