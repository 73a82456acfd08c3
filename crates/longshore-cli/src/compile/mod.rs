//! `longshore cc` and `longshore c++`: the system's compiler for sources written for Windows.
//!
//! A command line is sorted (`command_line`), the SDK and the compiler are found (`sdk`, `toolchain`), and each
//! source is compiled by a command of its own: the user's files it reads are looked at (`tree`, with `includes`
//! and `encoding`), those that need it are rewritten in a copy (`rewrite`, on the tokens of `lexer`), and the
//! standard headers it counts on are put in front (`standard_names`, `prelude`). Then everything is linked
//! (`linking`). What the compiler says is passed on in terms of the originals (`steps`, `diagnostics`,
//! `dependencies`).

mod command_line;
mod dependencies;
mod diagnostics;
mod encoding;
mod flags;
mod help;
mod includes;
mod lexer;
pub mod linking;
mod prelude;
mod project;
mod response_file;
mod rewrite;
pub mod sdk;
mod standard_names;
mod steps;
pub mod toolchain;
mod tree;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub use command_line::Language;
use command_line::{CommandLine, Input, Print, SourceFile, Stage};
use includes::Search;
use sdk::Sdk;
use steps::Runner;
use toolchain::Toolchain;
use tree::{Suspect, Tree};

use crate::failure::Failure;

/// Runs the wrapper; the exit code is the compiler's.
pub fn run(driver: Language, arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let line = command_line::parse(arguments, driver)?;
    if line.choices.help {
        print!("{}", help::TEXT);
        return Ok(ExitCode::SUCCESS);
    }
    let toolchain = Toolchain::choose(line.choices.compiler.as_deref(), driver);
    if let Some(print) = line.choices.print {
        return print_flags(&line, driver, &toolchain, print);
    }
    if line.inputs.is_empty() {
        // --version, -dumpmachine, -print-search-dirs, or nothing at all.
        let status =
            toolchain.command().args(&line.rest).status().map_err(|error| toolchain.missing(&error))?;
        return Ok(ExitCode::from(steps::exit_code(status)));
    }
    let sdk = Sdk::find(line.choices.sdk.as_deref())?;
    steps::outlive_signals();
    let scratch = tempfile::Builder::new().prefix("longshore-").tempdir().map_err(|error| {
        Failure::new(format!("cannot make a temporary directory: {error}. Set TMPDIR to a place with room"))
    })?;
    let root = scratch.path().canonicalize().unwrap_or_else(|_| scratch.path().to_path_buf());
    let mut compilation = Compilation {
        line: &line,
        sdk: &sdk,
        toolchain: &toolchain,
        scratch: &root,
        tree: Tree::new(root.clone(), line.choices.charset, !line.choices.rewriting_off),
        suspects: Vec::new(),
        runner: Runner {
            toolchain: &toolchain,
            scratch: &root,
            verbose: line.choices.verbose,
            hints: Default::default(),
        },
    };
    let code = compilation.run()?;
    if let Some(directory) = &line.choices.keep {
        keep(&root, directory)?;
    }
    Ok(ExitCode::from(code))
}

struct Compilation<'a> {
    line: &'a CommandLine,
    sdk: &'a Sdk,
    toolchain: &'a Toolchain,
    scratch: &'a Path,
    tree: Tree,
    suspects: Vec<Suspect>,
    runner: Runner<'a>,
}

impl Compilation<'_> {
    fn run(&mut self) -> Result<u8, Failure> {
        let links = self.line.stage == Stage::Link;
        let several = self.line.sources().count() > 1;
        if several && self.line.output.is_some() && !links && self.line.stage != Stage::Check {
            return Err(Failure::new(
                "-o names one file, and there are several sources: leave it out, or link".into(),
            ));
        }
        // The library is asked for first: better to hear that it is missing before a long compilation.
        let runtime = if links && !self.line.links_nothing_extra {
            linking::runtime(
                self.sdk,
                self.toolchain,
                self.line.choices.shared_runtime,
                self.line.links_shared_object,
                self.scratch,
            )?
        } else {
            Vec::new()
        };
        let mut objects: Vec<OsString> = Vec::new();
        let mut worst = 0;
        for (number, input) in self.line.inputs.iter().enumerate() {
            match input {
                Input::Source(source) => {
                    let object =
                        links.then(|| self.scratch.join(format!("{number}-{}.o", stem(&source.path))));
                    let code = self.compile(number, source, object.as_deref())?;
                    worst = worst.max(code);
                    objects.extend(object.map(OsString::from));
                }
                Input::Link(argument) if linking::is_swallowed(argument) => {}
                Input::Link(argument) => objects.push(argument.clone()),
            }
        }
        if links && worst == 0 {
            worst = self.link(objects, runtime)?;
        }
        if worst != 0 {
            for suspect in &self.suspects {
                self.runner.hints.suspect(suspect);
            }
            self.runner.hints.print();
        }
        Ok(worst)
    }

    fn compile(&mut self, number: usize, source: &SourceFile, object: Option<&Path>) -> Result<u8, Failure> {
        let line = self.line;
        let mut command = self.toolchain.command();
        command.args(&line.common);
        let mut dialect = source.dialect.clone();
        let mut path = source.path.clone();
        if let Some(language) = source.language {
            let project = project::of(&source.path).unwrap_or_default();
            // Ours come first, so that the user's win.
            command = self.toolchain.command();
            command.args(flags::common(line, language, self.toolchain, self.sdk, project)).args(&line.common);
            let search = Search::new(
                &line.quote_directories,
                &line.include_directories,
                Some(&self.sdk.headers),
                self.toolchain,
                language,
            );
            let unit = self.tree.unit(&source.path, &line.forced_includes, &search).map_err(|error| {
                Failure::new(format!("cannot write a copy for {}: {error}", source.path.display()))
            })?;
            path = unit.path;
            self.suspects.extend(unit.suspects);
            for directory in &unit.neighbours {
                command.arg("-iquote").arg(directory);
            }
            if !line.choices.prelude_off {
                let prelude =
                    prelude::write(self.scratch, number, &unit.names, language).map_err(|error| {
                        Failure::new(format!("cannot write to {}: {error}", self.scratch.display()))
                    })?;
                command.args(flags::forced_header(&prelude));
            }
            let mut map = OsString::from("-ffile-prefix-map=");
            map.push(self.scratch);
            map.push("=");
            command.arg(map);
            // `.Cpp` means nothing to gcc, and a copy has the name of its original.
            let header = source
                .path
                .extension()
                .is_some_and(|extension| extension.to_ascii_lowercase().to_string_lossy().starts_with('h'));
            dialect.get_or_insert_with(|| {
                match (language, header) {
                    (Language::C, false) => "c",
                    (Language::C, true) => "c-header",
                    (Language::Cxx, false) => "c++",
                    (Language::Cxx, true) => "c++-header",
                }
                .into()
            });
        }
        for directory in &line.quote_directories {
            command.args(
                self.tree
                    .copies_below(directory)
                    .map(|copies| copies_first("-iquote", copies))
                    .into_iter()
                    .flatten(),
            );
            command.arg("-iquote").arg(directory);
        }
        for directory in &line.include_directories {
            command.args(
                self.tree
                    .copies_below(directory)
                    .map(|copies| copies_first("-I", copies))
                    .into_iter()
                    .flatten(),
            );
            command.arg("-I").arg(directory);
        }
        for header in &line.forced_includes {
            command.arg("-include").arg(self.tree.copy(header).unwrap_or_else(|| header.clone()));
        }
        command.args(&line.compile);
        self.finish(command, source, &path, dialect, object)
    }

    /// The stage, the outputs and the source itself.
    fn finish(
        &mut self,
        mut command: Command,
        source: &SourceFile,
        path: &Path,
        dialect: Option<OsString>,
        object: Option<&Path>,
    ) -> Result<u8, Failure> {
        let line = self.line;
        let (flag, suffix) = match line.stage {
            Stage::Link | Stage::Object => ("-c", Some("o")),
            Stage::Assembly => ("-S", Some("s")),
            Stage::Preprocess => ("-E", None),
            Stage::Check => ("-fsyntax-only", None),
        };
        let only_rules = line.compile.iter().any(|argument| argument == "-M" || argument == "-MM");
        if !only_rules {
            command.arg(flag);
        }
        let output = object
            .map(Path::to_path_buf)
            .or_else(|| line.output.clone())
            .or_else(|| suffix.map(|suffix| PathBuf::from(format!("{}.{suffix}", stem(&source.path)))));
        // What is written on standard output, or would be without -o, passes through here first.
        let to_standard_output = line.stage == Stage::Preprocess;
        if let Some(output) = output.as_ref().filter(|_| !to_standard_output) {
            command.arg("-o").arg(output);
        }
        let rules = (line.writes_dependencies && !only_rules).then(|| {
            line.dependency_file.clone().unwrap_or_else(|| match (&line.output, line.stage) {
                (Some(output), Stage::Object | Stage::Assembly) => output.with_extension("d"),
                _ => PathBuf::from(format!("{}.d", stem(&source.path))),
            })
        });
        if let Some(rules) = &rules {
            command.arg("-MF").arg(rules);
            let targeted = line.common.iter().any(|argument| argument == "-MT" || argument == "-MQ");
            if line.stage == Stage::Link && !targeted {
                command.arg("-MQ").arg(format!("{}.o", stem(&source.path)));
            }
        }
        if let Some(dialect) = dialect {
            command.arg("-x").arg(dialect);
        }
        command.arg(path);
        let mut captured = Vec::new();
        let code = self.runner.run(command, to_standard_output.then_some(&mut captured))?;
        if to_standard_output {
            self.pass_on(&captured, only_rules, output.as_deref().or(line.dependency_file.as_deref()))?;
        }
        if let Some(rules) = rules.filter(|_| code == 0)
            && let Ok(text) = fs::read_to_string(&rules)
        {
            let restored = dependencies::restored(&text, self.scratch, &self.tree);
            fs::write(&rules, restored)
                .map_err(|error| Failure::new(format!("cannot write {}: {error}", rules.display())))?;
        }
        Ok(code)
    }

    /// Preprocessed text or rules for make.
    fn pass_on(&self, captured: &[u8], rules: bool, output: Option<&Path>) -> Result<(), Failure> {
        let text = String::from_utf8_lossy(captured);
        let text = if rules {
            dependencies::restored(&text, self.scratch, &self.tree)
        } else {
            diagnostics::restored(&text, self.scratch)
        };
        let written = match output {
            Some(path) if path != Path::new("-") => fs::write(path, text),
            _ => io::stdout().write_all(text.as_bytes()),
        };
        written.map_err(|error| Failure::new(format!("cannot write the output: {error}")))
    }

    fn link(&mut self, objects: Vec<OsString>, runtime: Vec<OsString>) -> Result<u8, Failure> {
        let mut command = self.toolchain.command();
        command.args(&self.line.common);
        if let Some(output) = &self.line.output {
            command.arg("-o").arg(output);
        }
        command.args(objects).args(runtime);
        self.runner.run(command, None)
    }
}

fn copies_first(option: &str, copies: PathBuf) -> [OsString; 2] {
    [option.into(), copies.into()]
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Moves the copies where the user wants them.
fn keep(scratch: &Path, directory: &Path) -> Result<(), Failure> {
    let copied = fs::create_dir_all(directory).and_then(|()| copy_tree(scratch, directory));
    copied
        .map_err(|error| Failure::new(format!("cannot keep the copies in {}: {error}", directory.display())))
}

/// Copies regular files and directories.
pub fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The flags for a build that does without the wrapper, and so without rewriting.
fn print_flags(
    line: &CommandLine,
    driver: Language,
    toolchain: &Toolchain,
    print: Print,
) -> Result<ExitCode, Failure> {
    let sdk = Sdk::find(line.choices.sdk.as_deref())?;
    let mut words: Vec<OsString> = Vec::new();
    if print != Print::Link {
        words.extend(flags::common(line, driver, toolchain, &sdk, project::Project::default()));
        words.extend(flags::forced_header(&sdk.compiler_header()));
    }
    if print != Print::Compile {
        let scratch = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("cannot make a temporary directory: {error}")))?;
        words.extend(linking::runtime(
            &sdk,
            toolchain,
            line.choices.shared_runtime,
            line.links_shared_object,
            scratch.path(),
        )?);
    }
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    println!("{}", words.join(" "));
    Ok(ExitCode::SUCCESS)
}
