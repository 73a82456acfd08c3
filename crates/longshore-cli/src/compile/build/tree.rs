//! The user's files that one compilation reads, and copies of those that cannot be compiled as they are.
//!
//! A file needs a copy when it is recoded, when a rule of `rewrite` applies, or when a header name in it
//! has to be written differently; and then so does every file that includes it, because the copy is
//! named in it. Everything else is compiled in place. A copy lies in a scratch directory under the full
//! path of its original and starts with a `#line` that names the original, so messages, `__FILE__` and
//! debug information speak of that.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use crate::compile::rewrite::{self, Edit, Plan, Wishes};
use crate::compile::sources::encoding;
use crate::compile::sources::includes::{Listings, Search, Target};
use crate::compile::sources::lexer::{self, Kind, Source};
use crate::compile::sources::libraries::{self, Libraries, Library};
use crate::compile::sources::own_names;
use crate::compile::sources::standard_names::Names;

/// How much of `rewrite` is done to the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rewriting {
    /// Not even another encoding.
    Off,
    /// Only what cannot be compiled as it is.
    Needed,
    /// What may be Microsoft's, too.
    Guessed,
}

pub struct Tree {
    scratch: PathBuf,
    charset: Option<&'static Encoding>,
    rewriting: Rewriting,
    listings: Listings,
    files: Vec<File>,
    /// By canonical path.
    known: HashMap<PathBuf, usize>,
}

struct File {
    /// The name by which the command line and includes reach it.
    name: PathBuf,
    canonical: PathBuf,
    text: Vec<u8>,
    plan: Plan,
    includes: Vec<Include>,
    /// Headers of libraries that it includes.
    libraries: Libraries,
    names: Names,
    /// Names of glibc's that it has something of its own under.
    own_names: BTreeSet<&'static str>,
    recoded: bool,
    copied: bool,
    written: bool,
}

struct Include {
    start: usize,
    end: usize,
    target: Includes,
}

enum Includes {
    Own {
        file: usize,
        exact: bool,
    },
    Respelled(String),
    /// A header of a library that is read as Windows has it.
    Windows(usize),
}

/// What one source needs.
pub struct Unit {
    /// The file to compile: the source itself, or its copy.
    pub path: PathBuf,
    pub names: Names,
    /// Names of glibc's that are the program's in these files.
    pub own_names: BTreeSet<&'static str>,
    /// Headers of libraries that any of its files includes.
    pub libraries: Libraries,
    /// Directories of originals that were copied: computed includes in the copies
    /// still find their neighbours.
    pub neighbours: Vec<PathBuf>,
    /// Whether any of its files has a `__try`.
    pub tries: bool,
    /// Whether a rule would change something if this fails.
    pub has_guesses: bool,
    /// Inline assembly and `__try` statements that were not rewritten: possible causes of a failure.
    pub suspects: Vec<Suspect>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    Assembly,
    Unstructured,
}

pub struct Suspect {
    pub file: PathBuf,
    pub line: usize,
    pub reason: Reason,
}

impl Tree {
    pub fn new(scratch: PathBuf, charset: Option<&'static Encoding>, rewriting: Rewriting) -> Tree {
        let (listings, files, known) = (Listings::default(), Vec::new(), HashMap::new());
        Tree { scratch, charset, rewriting, listings, files, known }
    }

    /// Reads a source and all files of the user that it includes, and writes the copies it needs.
    pub fn unit(&mut self, source: &Path, forced: &[PathBuf], search: &Search<'_>) -> io::Result<Unit> {
        let roots: Vec<usize> =
            forced.iter().chain([&source.to_path_buf()]).filter_map(|path| self.file(path, search)).collect();
        let reached = self.reached(&roots);
        self.oblige(&reached);
        self.spread(&reached);
        let mut names = Names::default();
        let mut own_names = BTreeSet::new();
        let mut libraries = Libraries::default();
        let mut neighbours = Vec::new();
        let mut tries = false;
        let mut has_guesses = false;
        let mut suspects = Vec::new();
        for &index in &reached {
            let file = &self.files[index];
            names.add(&file.names);
            own_names.extend(&file.own_names);
            tries |= file.plan.tries;
            has_guesses |= file.plan.has_guesses();
            libraries.add(&file.libraries);
            let lines = [
                (file.plan.assembly_line, Reason::Assembly),
                (file.plan.unstructured_line, Reason::Unstructured),
            ];
            suspects.extend(
                lines.into_iter().filter_map(|(line, reason)| {
                    Some(Suspect { file: file.name.clone(), line: line?, reason })
                }),
            );
            if file.copied {
                let directory = parent(&file.name).to_path_buf();
                if !neighbours.contains(&directory) {
                    neighbours.push(directory);
                }
                self.write(index)?;
            }
        }
        let path = match roots.last() {
            Some(&root) if self.files[root].copied => self.copy_of(root),
            _ => source.to_path_buf(),
        };
        Ok(Unit { path, names, own_names, libraries, neighbours, tries, has_guesses, suspects })
    }

    /// Where the copy of a file would be, if it has one.
    pub fn copy(&self, path: &Path) -> Option<PathBuf> {
        let index = *self.known.get(&path.canonicalize().ok()?)?;
        self.files[index].copied.then(|| self.copy_of(index))
    }

    /// Where the copies of the files below a directory are.
    pub fn copies_below(&self, directory: &Path) -> Option<PathBuf> {
        let canonical = directory.canonicalize().ok()?;
        let any = self.files.iter().any(|file| file.copied && file.canonical.starts_with(&canonical));
        any.then(|| self.below_scratch(&canonical))
    }

    /// The name the user knows a file by, given its canonical path.
    pub fn known_as(&self, canonical: &Path) -> Option<&Path> {
        self.known.get(canonical).map(|&index| self.files[index].name.as_path())
    }

    /// What all copies are below.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    fn below_scratch(&self, canonical: &Path) -> PathBuf {
        self.scratch.join(canonical.strip_prefix("/").unwrap_or(canonical))
    }

    fn copy_of(&self, index: usize) -> PathBuf {
        self.below_scratch(&self.files[index].canonical)
    }

    /// Reads a file and what it includes, once. None if it cannot be read: the compiler will report it.
    fn file(&mut self, path: &Path, search: &Search<'_>) -> Option<usize> {
        let canonical = path.canonicalize().ok()?;
        if let Some(&index) = self.known.get(&canonical) {
            return Some(index);
        }
        let bytes = fs::read(path).ok()?;
        let (text, recoded) = match encoding::utf8(&bytes, self.charset) {
            (Cow::Borrowed(_), recoded) => (bytes, recoded),
            (Cow::Owned(text), recoded) => (text, recoded),
        };
        let tokens = lexer::tokens(&text);
        let source = Source { text: &text, tokens: &tokens };
        let of_library = libraries::is_systems(path);
        let as_it_is = of_library || self.rewriting == Rewriting::Off;
        let mut plan = if as_it_is { Plan::default() } else { rewrite::plan(&source) };
        if self.rewriting == Rewriting::Guessed {
            plan.guess();
        }
        let names = Names::of(&source);
        // A library takes no names away.
        let own_names = if of_library { BTreeSet::new() } else { own_names::declared(&source) };
        let index = self.files.len();
        let header_names: Vec<(usize, usize)> = tokens
            .iter()
            .filter(|token| token.kind == Kind::HeaderName)
            .map(|token| (token.start, token.end))
            .collect();
        self.known.insert(canonical.clone(), index);
        self.files.push(File {
            name: path.to_path_buf(),
            canonical,
            text,
            plan,
            includes: Vec::new(),
            libraries: Libraries::default(),
            names,
            own_names,
            recoded: recoded && self.rewriting != Rewriting::Off,
            copied: false,
            written: false,
        });
        let directory = parent(path).to_path_buf();
        for (start, end) in header_names {
            let written = self.files[index].text[start..end].to_vec();
            let Ok(name) = std::str::from_utf8(&written[1..written.len() - 1]) else { continue };
            let target = match search.find(&mut self.listings, name, written[0] == b'"', &directory) {
                Target::AsWritten => match self.library(index, name, search) {
                    Some(file) => Includes::Windows(file),
                    None => continue,
                },
                Target::Respelled(name) => {
                    self.library(index, &name, search);
                    Includes::Respelled(name)
                }
                Target::Own { path, exact } => match self.file(&path, search) {
                    Some(file) => Includes::Own { file, exact },
                    None => continue,
                },
            };
            self.files[index].includes.push(Include { start, end, target });
        }
        Some(index)
    }

    /// Notes a header that is not the user's; its file if that is read as the user's are.
    fn library(&mut self, index: usize, name: &str, search: &Search<'_>) -> Option<usize> {
        let kind = search.kind(name);
        // What a library that knows Windows includes of its own is found without help.
        if !(matches!(kind, Library::Windows(_)) && libraries::is_systems(&self.files[index].name)) {
            self.files[index].libraries.note(name, &kind);
        }
        match kind {
            Library::Windows(path) => self.file(&path, search),
            Library::Linux | Library::Sdk | Library::Unknown => None,
        }
    }

    fn reached(&self, roots: &[usize]) -> Vec<usize> {
        let mut seen = vec![false; self.files.len()];
        let mut order = Vec::new();
        let mut pending: Vec<usize> = roots.to_vec();
        while let Some(index) = pending.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            order.push(index);
            pending.extend(self.files[index].includes.iter().filter_map(|include| match include.target {
                Includes::Own { file, .. } | Includes::Windows(file) => Some(file),
                Includes::Respelled(_) => None,
            }));
        }
        order
    }

    /// What one file says of classes or of leaving a `__try` may have to be done in others.
    fn oblige(&mut self, reached: &[usize]) {
        let wishes = reached
            .iter()
            .map(|&index| self.files[index].plan.wishes())
            .fold(Wishes::default(), |all, wishes| all | wishes);
        for &index in reached.iter().filter(|_| wishes.any()) {
            let file = &mut self.files[index];
            // Its copy for an earlier source, if there is one, is out of date now.
            file.written &= !file.plan.oblige(wishes);
        }
    }

    /// Marks what needs a copy, and then its includers, until nothing changes.
    fn spread(&mut self, reached: &[usize]) {
        if self.rewriting == Rewriting::Off {
            return;
        }
        for &index in reached {
            let file = &mut self.files[index];
            file.copied |= file.recoded
                || !file.plan.is_empty()
                || file.includes.iter().any(|include| match include.target {
                    Includes::Own { exact, .. } => !exact,
                    Includes::Respelled(_) => true,
                    Includes::Windows(_) => false,
                });
        }
        loop {
            let includers: Vec<usize> = reached
                .iter()
                .copied()
                .filter(|&index| {
                    let file = &self.files[index];
                    !file.copied
                        && file.includes.iter().any(|include| match include.target {
                            Includes::Own { file, .. } => self.files[file].copied,
                            Includes::Respelled(_) | Includes::Windows(_) => false,
                        })
                })
                .collect();
            if includers.is_empty() {
                return;
            }
            for index in includers {
                self.files[index].copied = true;
            }
        }
    }

    fn write(&mut self, index: usize) -> io::Result<()> {
        if std::mem::replace(&mut self.files[index].written, true) {
            return Ok(());
        }
        let mut edits = Vec::new();
        for include in &self.files[index].includes {
            let replacement = match &include.target {
                Includes::Own { file, .. } if self.files[*file].copied => {
                    format!("\"{}\"", self.copy_of(*file).display())
                }
                Includes::Own { file, .. } => format!("\"{}\"", self.files[*file].canonical.display()),
                Includes::Respelled(name) => format!("<{name}>"),
                Includes::Windows(_) => continue,
            };
            edits.push(Edit { start: include.start, end: include.end, replacement });
        }
        let copy = self.copy_of(index);
        let file = &mut self.files[index];
        file.plan.add(edits);
        let source = Source { text: &file.text, tokens: &[] };
        let output = rewrite::render(&source, &file.plan, &file.name.to_string_lossy());
        fs::create_dir_all(parent(&copy))?;
        fs::write(copy, output)
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
