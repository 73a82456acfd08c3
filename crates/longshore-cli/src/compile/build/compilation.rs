//! Carries out one command line: a compiler's process for each source, then the link.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::dependencies;
use super::diagnostics;
use super::flags;
use super::linking;
use super::linux_headers;
use super::prelude;
use super::steps::Runner;
use super::tree::{Rewriting, Suspect, Tree};
use crate::compile::command_line::{CommandLine, Input, Language, SourceFile, Stage};
use crate::compile::sources::includes::{Listings, Search, Target};
use crate::compile::sources::project::{self, Project};
use crate::compile::toolchain::compiler::Toolchain;
use crate::compile::toolchain::sdk::Sdk;
use crate::failure::Failure;

pub struct Compilation<'a> {
    line: &'a CommandLine,
    sdk: &'a Sdk,
    toolchain: &'a Toolchain,
    scratch: &'a Path,
    /// The user's files as the last source saw them, and those that are kept for the next ones.
    tree: Tree,
    view: View,
    kept: Vec<(View, Tree)>,
    trees: usize,
    suspects: Vec<Suspect>,
    runner: Runner<'a>,
}

/// What facts about the user's files depend on.
#[derive(Clone, PartialEq, Default)]
struct View {
    language: Option<Language>,
    project: Project,
    guessing: bool,
}

impl<'a> Compilation<'a> {
    pub fn new(
        line: &'a CommandLine,
        sdk: &'a Sdk,
        toolchain: &'a Toolchain,
        scratch: &'a Path,
    ) -> Compilation<'a> {
        Compilation {
            line,
            sdk,
            toolchain,
            scratch,
            tree: tree(line, scratch.join("0"), false),
            view: View::default(),
            kept: Vec::new(),
            trees: 1,
            suspects: Vec::new(),
            runner: Runner::new(toolchain, line.choices.verbose),
        }
    }

    /// The worst exit status of all steps.
    pub fn run(mut self) -> Result<u8, Failure> {
        let links = self.line.stage == Stage::Link;
        let several = self.line.sources().count() > 1;
        if several && self.line.output.is_some() && !links && self.line.stage != Stage::Check {
            return Err(Failure::new(
                "-o names one file, and there are several sources: leave it out, or link".into(),
            ));
        }
        // The library is looked for first, so that the user learns that it is
        // missing before a long compilation.
        let runtime = if links && !self.line.links_nothing_extra {
            linking::runtime(self.line, self.sdk, self.toolchain, self.scratch)?
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
                    worst = worst.max(self.compile(source, object.as_deref())?);
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

    fn compile(&mut self, source: &SourceFile, object: Option<&Path>) -> Result<u8, Failure> {
        let line = self.line;
        let Some(language) = source.language else {
            let mut command = self.toolchain.command();
            command.args(&line.common).args(directories("-iquote", &line.quote_directories));
            command.args(directories("-I", &line.include_directories)).args(&line.compile);
            return self.finish(command, source, &source.path, source.dialect.clone(), object);
        };
        let project =
            if line.choices.project_off { None } else { project::of(&source.path) }.unwrap_or_default();
        // Preprocessed text is not compiled here: nobody would see it fail.
        let compiles = line.stage != Stage::Preprocess && !line.writes_only_rules();
        let mut view = View { language: Some(language), project, guessing: !compiles };
        if let Some(code) = self.compile_seen(source, language, &view, object)? {
            return Ok(code);
        }
        view.guessing = true;
        Ok(self.compile_seen(source, language, &view, object)?.unwrap_or(1))
    }

    /// Compiles a source; None if that failed and rules of `rewrite` are left that may help. The compiler's
    /// messages are shown unless it is tried again.
    fn compile_seen(
        &mut self,
        source: &SourceFile,
        language: Language,
        view: &View,
        object: Option<&Path>,
    ) -> Result<Option<u8>, Failure> {
        let line = self.line;
        let project = &view.project;
        self.look_with(view);
        let mut angled = line.include_directories.clone();
        angled.extend_from_slice(&project.include_directories);
        let headers = self.sdk.header_directories();
        let mut search = Search::new(&line.quote_directories, &angled, &headers, self.toolchain, language);
        search.project = project.directory.as_deref();
        let mut forced = forced_by_project(project, &search, &source.path);
        forced.extend_from_slice(&line.forced_includes);
        let unwritable = |error: io::Error| Failure::new(format!("cannot write a temporary copy: {error}"));
        let unit = self.tree.unit(&source.path, &forced, &search).map_err(unwritable)?;
        let again = unit.has_guesses;

        let mut command = self.toolchain.command();
        if unit.tries && language == Language::C {
            // C++ exceptions and the end of a thread leave a __try as a jump does.
            command.arg("-fexceptions");
        }
        // The wrapper's flags come first, so that the user's override them.
        command.args(flags::common(line, language, self.toolchain, self.sdk, project)).args(&line.common);
        command.args(flags::silence(line, language, self.toolchain));
        command.args(self.hide(&source.path, unit.path != source.path));
        let linux_macros_off = line.choices.linux_macros_off;
        // They are also declared if a program is compiled without the Windows macros.
        let libraries = if line.choices.windows_macros_off { &Default::default() } else { &unit.libraries };
        if libraries.beside_winsock {
            command.arg(format!("-D{}", linux_headers::BESIDE_WINSOCK));
        }
        let in_front =
            linux_headers::write(self.tree.scratch(), libraries, linux_macros_off).map_err(unwritable)?;
        if !line.choices.prelude_off {
            let hides_byte = flags::hides_byte(line, language, project);
            let contents = prelude::Contents {
                names: &unit.names,
                own_names: &unit.own_names,
                language,
                hides_byte,
                linux_macros_off,
            };
            let prelude = prelude::write(self.tree.scratch(), &contents).map_err(unwritable)?;
            command.args(flags::forced_header(&prelude));
        }
        // Compilers know some of glibc's functions without a header.
        command.args(unit.own_names.iter().map(|name| format!("-fno-builtin-{name}")));
        command.args(self.with_copies("-iquote", &line.quote_directories));
        command.args(directories("-iquote", &unit.neighbours));
        // In front of all directories the headers could be in.
        command.args(directories("-I", in_front.as_slice()));
        command.args(self.with_copies("-I", &angled));
        for header in &forced {
            command.arg("-include").arg(self.tree.copy(header).unwrap_or_else(|| header.clone()));
        }
        command.args(&line.compile);
        let dialect = source.dialect.clone().unwrap_or_else(|| dialect(&source.path, language).into());
        if again {
            // The first error decides.
            command.arg("-Wfatal-errors");
        }
        self.runner.holds_messages = again;
        let code = self.finish(command, source, &unit.path, Some(dialect), object)?;
        self.runner.holds_messages = false;
        if code != 0 && again {
            return Ok(None);
        }
        self.suspects.extend(unit.suspects);
        if code != 0 && unit.path != source.path {
            self.runner.hints.rewritten(&source.path);
        }
        Ok(Some(code))
    }

    /// Makes the compiler and its messages use the file names that the user knows.
    fn hide(&mut self, source: &Path, copied: bool) -> Vec<OsString> {
        self.runner.hidden.clear();
        let mut hide = |option: &str, prefix: &Path, end: &str| {
            let prefix = format!("{}{end}", prefix.display());
            let argument = format!("-f{option}-prefix-map={prefix}=");
            self.runner.hidden.push(prefix);
            OsString::from(argument)
        };
        let mut arguments = vec![hide("file", self.tree.scratch(), "")];
        // In a copy every header is named by its full path.
        if let Ok(directory) = env::current_dir()
            && copied
            && source.is_relative()
        {
            arguments.push(hide("macro", &directory, "/"));
        }
        arguments
    }

    /// Facts about the user's files hold for all sources with the same include directories.
    fn look_with(&mut self, view: &View) {
        if self.view == *view {
            return;
        }
        let next = match self.kept.iter().position(|(kept, _)| kept == view) {
            Some(place) => self.kept.swap_remove(place).1,
            None => {
                self.trees += 1;
                tree(self.line, self.scratch.join((self.trees - 1).to_string()), view.guessing)
            }
        };
        let seen = (std::mem::replace(&mut self.view, view.clone()), std::mem::replace(&mut self.tree, next));
        // Sources of one project follow each other; those of another begin anew.
        self.kept.retain(|(kept, _)| kept.project == view.project);
        self.kept.push(seen);
    }

    /// Each directory, after the one with the copies of its files if there are any.
    fn with_copies(&self, option: &str, places: &[PathBuf]) -> Vec<OsString> {
        let both =
            places.iter().flat_map(|place| self.tree.copies_below(place).into_iter().chain([place.clone()]));
        directories(option, &both.collect::<Vec<_>>())
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
        let only_rules = line.writes_only_rules();
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
        let rules = (line.writes_dependencies && !only_rules).then(|| self.dependency_file(source));
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
            let restored = dependencies::restored(&text, &self.tree);
            fs::write(&rules, restored)
                .map_err(|error| Failure::new(format!("cannot write {}: {error}", rules.display())))?;
        }
        Ok(code)
    }

    /// Where `-MD` writes, as gcc chooses it.
    fn dependency_file(&self, source: &SourceFile) -> PathBuf {
        let line = self.line;
        line.dependency_file.clone().unwrap_or_else(|| match (&line.output, line.stage) {
            (Some(output), Stage::Object | Stage::Assembly) => output.with_extension("d"),
            _ => PathBuf::from(format!("{}.d", stem(&source.path))),
        })
    }

    /// Preprocessed text or rules for make.
    fn pass_on(&self, captured: &[u8], rules: bool, output: Option<&Path>) -> Result<(), Failure> {
        let text = String::from_utf8_lossy(captured);
        let text = if rules {
            dependencies::restored(&text, &self.tree)
        } else {
            diagnostics::restored(&text, &self.runner.hidden).into_owned()
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
        let code = self.runner.run(command, None)?;
        if let Some(library) =
            self.line.import_library.as_ref().filter(|_| self.line.links_shared_object && code == 0)
        {
            let output = self.line.output.as_deref().unwrap_or(Path::new("a.out"));
            linking::write_import_library(library, output)?;
        }
        Ok(code)
    }
}

fn tree(line: &CommandLine, scratch: PathBuf, guessing: bool) -> Tree {
    let rewriting = match (line.choices.rewriting_off, guessing) {
        (true, _) => Rewriting::Off,
        (false, true) => Rewriting::Guessed,
        (false, false) => Rewriting::Needed,
    };
    Tree::new(scratch, line.choices.charset, rewriting)
}

/// The files a project includes ahead of its sources, as far as they are found.
fn forced_by_project(project: &Project, search: &Search<'_>, source: &Path) -> Vec<PathBuf> {
    let directory = source.parent().unwrap_or(Path::new("."));
    let mut listings = Listings::default();
    let found = project.forced_includes.iter().filter_map(|name| {
        match search.find(&mut listings, name, true, directory) {
            Target::Own { path, .. } => Some(path),
            Target::Respelled(_) | Target::AsWritten => None,
        }
    });
    found.collect()
}

fn directories(option: &str, places: &[PathBuf]) -> Vec<OsString> {
    places.iter().flat_map(|place| [OsString::from(option), place.clone().into()]).collect()
}

/// gcc does not know `.Cpp`, and a copy has the name of its original. So the language is always given.
fn dialect(path: &Path, language: Language) -> &'static str {
    let suffix = path.extension().unwrap_or_default().to_ascii_lowercase();
    match (language, suffix.to_string_lossy().starts_with('h')) {
        (Language::C, false) => "c",
        (Language::C, true) => "c-header",
        (Language::Cxx, false) => "c++",
        (Language::Cxx, true) => "c++-header",
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
