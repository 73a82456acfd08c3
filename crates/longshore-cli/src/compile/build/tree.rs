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
use crate::compile::sources::own_names;
use crate::compile::sources::standard_names::Names;

pub struct Tree {
    scratch: PathBuf,
    charset: Option<&'static Encoding>,
    rewriting: bool,
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
    /// Headers of the system's libraries that it includes.
    system_headers: Vec<String>,
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
    Own { file: usize, exact: bool },
    Respelled(String),
}

/// What one source needs.
pub struct Unit {
    /// The file to compile: the source itself, or its copy.
    pub path: PathBuf,
    pub names: Names,
    /// Names of glibc's that are the program's in these files.
    pub own_names: BTreeSet<&'static str>,
    /// Headers of the system's libraries that any of its files includes.
    pub system_headers: BTreeSet<String>,
    /// Directories of originals that were copied: computed includes in the copies
    /// still find their neighbours.
    pub neighbours: Vec<PathBuf>,
    /// Whether any of its files has a `__try`.
    pub tries: bool,
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
    pub fn new(scratch: PathBuf, charset: Option<&'static Encoding>, rewriting: bool) -> Tree {
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
        let mut system_headers = BTreeSet::new();
        let mut neighbours = Vec::new();
        let mut tries = false;
        let mut suspects = Vec::new();
        for &index in &reached {
            let file = &self.files[index];
            names.add(&file.names);
            own_names.extend(&file.own_names);
            tries |= file.plan.tries;
            system_headers.extend(file.system_headers.iter().cloned());
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
        Ok(Unit { path, names, own_names, system_headers, neighbours, tries, suspects })
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
        let plan = if self.rewriting { rewrite::plan(&source) } else { Plan::default() };
        let names = Names::of(&source);
        let own_names = own_names::declared(&source);
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
            system_headers: Vec::new(),
            names,
            own_names,
            recoded: recoded && self.rewriting,
            copied: false,
            written: false,
        });
        let directory = parent(path).to_path_buf();
        for (start, end) in header_names {
            let written = self.files[index].text[start..end].to_vec();
            let Ok(name) = std::str::from_utf8(&written[1..written.len() - 1]) else { continue };
            let target = match search.find(&mut self.listings, name, written[0] == b'"', &directory) {
                Target::AsWritten if search.is_systems(name) => {
                    self.files[index].system_headers.push(name.to_owned());
                    continue;
                }
                Target::AsWritten => continue,
                Target::Respelled(name) => {
                    if search.is_systems(&name) {
                        self.files[index].system_headers.push(name.clone());
                    }
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
                Includes::Own { file, .. } => Some(file),
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
        if !self.rewriting {
            return;
        }
        for &index in reached {
            let file = &mut self.files[index];
            file.copied |= file.recoded
                || !file.plan.is_empty()
                || file.includes.iter().any(|include| match include.target {
                    Includes::Own { exact, .. } => !exact,
                    Includes::Respelled(_) => true,
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
                            Includes::Respelled(_) => false,
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
