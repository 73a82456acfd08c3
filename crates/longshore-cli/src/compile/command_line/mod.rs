//! A gcc command line, sorted: what is compiled, what is linked, what goes to which step.

pub mod code_page;
pub mod help;
mod own_options;
pub mod parse;
mod pe_options;
mod response_file;

use std::ffi::OsString;
use std::path::PathBuf;

use encoding_rs::Encoding;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    C,
    Cxx,
}

/// Where the compiler stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stage {
    #[default]
    Link,
    /// `-c`
    Object,
    /// `-S`
    Assembly,
    /// `-E`, `-M`, `-MM`
    Preprocess,
    /// `-fsyntax-only`
    Check,
}

#[derive(Debug)]
pub enum Input {
    Source(SourceFile),
    /// Objects, archives, `-l`, `-Wl,`: in order, for the linker only.
    Link(OsString),
}

#[derive(Debug)]
pub struct SourceFile {
    pub path: PathBuf,
    /// None for what is neither C nor C++ (assembler, preprocessed text): such a file is passed on as it is.
    pub language: Option<Language>,
    /// What `-x` said.
    pub dialect: Option<OsString>,
}

/// Which characters `TCHAR` stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CharacterSet {
    Unicode,
    MultiByte,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Print {
    All,
    Compile,
    Link,
}

/// The options that are not gcc's.
#[derive(Debug, Default)]
pub struct Choices {
    pub help: bool,
    pub verbose: bool,
    pub print: Option<Print>,
    pub compiler: Option<OsString>,
    pub sdk: Option<PathBuf>,
    pub characters: Option<CharacterSet>,
    pub charset: Option<&'static Encoding>,
    pub msc_version: Option<String>,
    pub windows_macros_off: bool,
    pub linux_macros_off: bool,
    pub prelude_off: bool,
    pub strict: bool,
    pub rewriting_off: bool,
    pub project_off: bool,
    pub keep: Option<PathBuf>,
    pub shared_runtime: bool,
}

#[derive(Debug, Default)]
pub struct CommandLine {
    pub choices: Choices,
    pub stage: Stage,
    pub output: Option<PathBuf>,
    pub inputs: Vec<Input>,
    /// For every step.
    pub common: Vec<OsString>,
    /// For compiling only.
    pub compile: Vec<OsString>,
    /// `-iquote`, `-I` and `-include`, in order each.
    pub quote_directories: Vec<PathBuf>,
    pub include_directories: Vec<PathBuf>,
    pub forced_includes: Vec<PathBuf>,
    /// Macros that `-D` and `-U` name.
    pub macros: Vec<String>,
    /// A `-std` was given.
    pub has_standard: bool,
    /// `-MD`, `-MMD`, `-M`, `-MM`: rules for make are written.
    pub writes_dependencies: bool,
    /// `-MF`.
    pub dependency_file: Option<PathBuf>,
    /// `-Wl,--out-implib`
    pub import_library: Option<PathBuf>,
    /// `-shared`
    pub links_shared_object: bool,
    /// `-static`, `-static-pie`: no library of the system is shared.
    pub links_statically: bool,
    /// `-nostdlib`, `-nodefaultlibs`, `-r`: the user decides what is linked.
    pub links_nothing_extra: bool,
    /// Everything, without our own options, for when there is nothing to compile or to link.
    pub rest: Vec<OsString>,
}

impl CommandLine {
    pub fn sources(&self) -> impl Iterator<Item = &SourceFile> {
        self.inputs.iter().filter_map(|input| match input {
            Input::Source(source) => Some(source),
            Input::Link(_) => None,
        })
    }

    /// `-M`, `-MM`: rules for make are written, and nothing else.
    pub fn writes_only_rules(&self) -> bool {
        self.compile.iter().any(|argument| argument == "-M" || argument == "-MM")
    }

    /// Whether `-D` or `-U` names this macro.
    pub fn names_macro(&self, name: &str) -> bool {
        self.macros.iter().any(|defined| defined == name)
    }
}
