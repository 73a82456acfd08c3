//! Which file an `#include` means, as Windows would find it: any case, either slash.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::libraries::{self, Library};
use crate::compile::command_line::Language;
use crate::compile::toolchain::compiler::Toolchain;

/// Where a header name leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A file of the user's tree. Exact: the compiler finds it by itself under the name as it is written.
    Own { path: PathBuf, exact: bool },
    /// A header of the SDK or the system that is spelled otherwise there.
    Respelled(String),
    /// Nothing needs to be done, or nothing can be.
    AsWritten,
}

pub struct Search<'a> {
    pub quote: &'a [PathBuf],
    pub angled: &'a [PathBuf],
    pub sdk: &'a [PathBuf],
    pub toolchain: &'a Toolchain,
    pub language: Language,
    /// The project's directory: a header that is nowhere else may be the only one of its name below it.
    pub project: Option<&'a Path>,
    below_project: OnceCell<HashMap<String, Vec<PathBuf>>>,
}

/// How many directories of a project are looked through.
const PROJECT_DIRECTORIES_MAX: usize = 2000;

/// The names in the directories that were looked into, by their lower-case form.
#[derive(Default)]
pub struct Listings {
    directories: HashMap<PathBuf, HashMap<String, Vec<OsString>>>,
}

impl<'a> Search<'a> {
    pub fn new(
        quote: &'a [PathBuf],
        angled: &'a [PathBuf],
        sdk: &'a [PathBuf],
        toolchain: &'a Toolchain,
        language: Language,
    ) -> Search<'a> {
        Search { quote, angled, sdk, toolchain, language, project: None, below_project: OnceCell::new() }
    }

    /// The only file below the project's directory whose path ends in `name`. Property sheets and the IDE's
    /// own settings, which are not read, may have led there.
    fn in_project(&self, name: &str) -> Option<PathBuf> {
        let project = self.project?;
        let files = self.below_project.get_or_init(|| {
            let mut files: HashMap<String, Vec<PathBuf>> = HashMap::new();
            let mut pending = vec![project.to_path_buf()];
            let mut looked = 0;
            while let Some(directory) = pending.pop().filter(|_| looked < PROJECT_DIRECTORIES_MAX) {
                looked += 1;
                for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
                    match entry.file_type() {
                        Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                        Ok(kind) if kind.is_file() => {
                            let name = entry.file_name().to_string_lossy().to_lowercase();
                            files.entry(name).or_default().push(entry.path());
                        }
                        _ => {}
                    }
                }
            }
            files
        });
        let lower = name.to_lowercase();
        let tail = format!("/{}", lower.trim_start_matches("../").trim_start_matches("./"));
        let last = lower.rsplit('/').next()?;
        let mut found =
            files.get(last)?.iter().filter(|path| path.to_string_lossy().to_lowercase().ends_with(&tail));
        found.next().filter(|_| found.next().is_none()).cloned()
    }

    fn system(&self) -> &[PathBuf] {
        self.toolchain.system_directories(self.language)
    }

    /// `name` between the delimiters; `directory` is the includer's.
    pub fn find(&self, listings: &mut Listings, name: &str, quoted: bool, directory: &Path) -> Target {
        let clean = name.trim().replace('\\', "/");
        if clean.starts_with('/') {
            return match listings.fold(Path::new("/"), clean.trim_start_matches('/')) {
                Some(path) => Target::Own { exact: path.as_os_str() == name, path },
                None => Target::AsWritten,
            };
        }
        let own_first: &[&Path] = if quoted { &[directory] } else { &[] };
        let quote = if quoted { self.quote } else { &[] };
        let own = || own_first.iter().copied().chain(quote.iter().chain(self.angled).map(PathBuf::as_path));
        let in_sdk = |name: &str| self.sdk.iter().any(|sdk| sdk.join(name).is_file());

        for place in own() {
            if is_file(place, name) {
                return own_file(place.join(name), true);
            }
        }
        // What lies beside the includer goes before a header of the same name, whatever its case.
        for place in own_first.iter().copied().chain(quote.iter().map(PathBuf::as_path)) {
            if let Some(path) = listings.fold(place, &clean) {
                return own_file(path, false);
            }
        }
        if in_sdk(name) {
            return Target::AsWritten;
        }
        // A name that exists in no other spelling is left to the compiler.
        let folded = own().find_map(|place| listings.fold(place, &clean)).map(|path| own_file(path, false));
        let in_sdk = self.sdk.iter().find_map(|sdk| respelled(listings, sdk, &clean)).map(Target::Respelled);
        let folded = folded.or_else(|| {
            let header = in_sdk.is_none() && clean.contains('.');
            header.then(|| self.in_project(&clean)).flatten().map(|path| own_file(path, false))
        });
        let unusual = clean != name || clean.bytes().any(|byte| byte.is_ascii_uppercase());
        if folded.is_none() && in_sdk.is_none() && !unusual {
            return Target::AsWritten;
        }
        if self.system().iter().any(|place| is_file(place, name)) {
            return Target::AsWritten;
        }
        folded
            .or(in_sdk)
            .or_else(|| {
                let found = self.system().iter().find_map(|place| respelled(listings, place, &clean));
                found.map(Target::Respelled)
            })
            .unwrap_or(Target::AsWritten)
    }
}

impl Search<'_> {
    /// What a name means that is no file of the user's.
    pub fn kind(&self, name: &str) -> Library {
        if self.sdk.iter().any(|sdk| is_file(sdk, name)) {
            return Library::Sdk;
        }
        if name.starts_with('/') || name.split('/').any(|part| part == ".." || part == ".") {
            return Library::Unknown;
        }
        let given = self.quote.iter().chain(self.angled).filter(|place| libraries::is_systems(place));
        match given.chain(self.system()).find(|place| is_file(place, name)) {
            Some(place) if libraries::knows_windows(name) => Library::Windows(place.join(name)),
            Some(_) => Library::Linux,
            None => Library::Unknown,
        }
    }
}

fn own_file(path: PathBuf, exact: bool) -> Target {
    if libraries::is_systems(&path) {
        return if exact {
            Target::AsWritten
        } else {
            Target::Respelled(path.to_string_lossy().into_owned())
        };
    }
    Target::Own { path, exact }
}

fn is_file(directory: &Path, name: &str) -> bool {
    directory.join(name).is_file()
}

/// The name as it is spelled below `directory`.
fn respelled(listings: &mut Listings, directory: &Path, name: &str) -> Option<String> {
    let path = listings.fold(directory, name)?;
    Some(path.strip_prefix(directory).ok()?.to_string_lossy().into_owned())
}

impl Listings {
    /// The file that `name` means below `directory` when case is ignored; the exact spelling wins.
    pub fn fold(&mut self, directory: &Path, name: &str) -> Option<PathBuf> {
        let mut path =
            if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory.to_path_buf() };
        for component in Path::new(name).components() {
            match component {
                Component::Normal(part) => path = self.entry(&path, part)?,
                Component::ParentDir => path.push(".."),
                Component::CurDir => {}
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        path.is_file().then_some(path)
    }

    /// The same for a directory given by its full path.
    pub fn fold_directory(&mut self, path: &Path) -> Option<PathBuf> {
        if path.is_dir() {
            return Some(path.to_path_buf());
        }
        let mut found = PathBuf::from("/");
        for component in path.components() {
            match component {
                Component::Normal(part) => found = self.entry(&found, part)?,
                Component::ParentDir => {
                    found.pop();
                }
                _ => {}
            }
        }
        found.is_dir().then_some(found)
    }

    fn entry(&mut self, directory: &Path, name: &OsStr) -> Option<PathBuf> {
        let listing = self.directories.entry(directory.to_path_buf()).or_insert_with(|| {
            let mut names: HashMap<String, Vec<OsString>> = HashMap::new();
            for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
                let name = entry.file_name();
                names.entry(name.to_string_lossy().to_lowercase()).or_default().push(name);
            }
            for same in names.values_mut() {
                same.sort();
            }
            names
        });
        let same = listing.get(&name.to_string_lossy().to_lowercase())?;
        let chosen = same.iter().find(|entry| *entry == name).or_else(|| same.first())?;
        Some(directory.join(chosen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        directory
    }

    #[test]
    fn the_only_header_of_its_name_in_a_project_is_meant() {
        let tree = tree(&["src/a.cpp", "core/pch.h", "core/log.h", "other/log.h"]);
        let toolchain = Toolchain::choose(Some(OsStr::new("gcc")), Language::C);
        let mut search = Search::new(&[], &[], &[], &toolchain, Language::C);
        let source = tree.path().join("src");
        let mut listings = Listings::default();
        assert_eq!(search.find(&mut listings, "pch.h", true, &source), Target::AsWritten);
        search.project = Some(tree.path());
        let found = Target::Own { path: tree.path().join("core/pch.h"), exact: false };
        assert_eq!(search.find(&mut listings, "Pch.h", true, &source), found);
        assert_eq!(search.find(&mut listings, "log.h", true, &source), Target::AsWritten, "there are two");
    }

    #[test]
    fn names_are_found_as_windows_finds_them() {
        longshore_fixtures::needs!("gcc");
        let tree = tree(&["src/a.cpp", "src/Server.h", "Common/Util/Log.h", "inc/Queue.h", "sdk/winsock2.h"]);
        let root = tree.path();
        let toolchain = Toolchain::choose(Some(OsStr::new("gcc")), Language::C);
        let angled = [root.join("inc")];
        let sdk = root.join("sdk");
        let search = Search::new(&[], &angled, std::slice::from_ref(&sdk), &toolchain, Language::C);
        let mut listings = Listings::default();
        let source = root.join("src");
        let mut find = |name: &str, quoted| search.find(&mut listings, name, quoted, &source);
        let own = |path: &str, exact| Target::Own { path: root.join(path), exact };

        assert_eq!(find("Server.h", true), own("src/Server.h", true));
        assert_eq!(find("server.H", true), own("src/Server.h", false));
        assert_eq!(find("..\\common\\util\\LOG.h", true), own("src/../Common/Util/Log.h", false));
        assert_eq!(find("queue.h", false), own("inc/Queue.h", false));
        assert_eq!(find("WinSock2.h", false), Target::Respelled("winsock2.h".into()));
        assert_eq!(find("WinSock2.h", true), Target::Respelled("winsock2.h".into()));
        assert_eq!(find("winsock2.h", false), Target::AsWritten);
        assert_eq!(find("String.h", false), Target::Respelled("string.h".into()));
        assert_eq!(find("sys\\types.h", false), Target::Respelled("sys/types.h".into()));
        assert_eq!(find("server.h", false), Target::AsWritten, "angled names are not beside the includer");
        assert_eq!(find("nowhere.h", true), Target::AsWritten);
    }
}
