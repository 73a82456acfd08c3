//! Names of headers in the case that programs for Windows write them in: `WinSock2.h` is `winsock2.h`.
//!
//! A Windows file system ignores case, Linux does not. The SDK keeps a list of the spellings that are
//! seen; from it come small headers that forward to the lower-case ones. `longshore install` puts them
//! beside the headers. In a checkout the headers are used where their sources are, so the wrapper puts
//! the spellings beside the libraries it uses. A spelling that is not on the list is found by the
//! wrapper when it reads the source.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::sdk::Sdk;

/// The list, among the package files: one spelling a line.
const LIST: &str = "header_spellings.txt";

/// Writes a header for each spelling on the SDK's list into a directory.
pub fn write(sdk: &Sdk, directory: &Path) -> io::Result<()> {
    for spelling in fs::read_to_string(sdk.packages.join(LIST))?.lines() {
        let header = spelling.to_ascii_lowercase();
        fs::write(directory.join(spelling), format!("#include <{header}>\n"))?;
    }
    Ok(())
}

/// A directory that has the spellings for a checkout. None if it cannot be made: then other spellings work
/// only in sources that the wrapper reads itself.
pub fn of_checkout(sdk: &Sdk) -> Option<PathBuf> {
    let list = fs::metadata(sdk.packages.join(LIST)).ok()?.modified().ok()?;
    let beside = sdk.libraries.iter().find(|directory| directory.is_dir())?;
    let directory = beside.join("header-spellings");
    if fs::metadata(&directory).and_then(|made| made.modified()).is_ok_and(|made| made >= list) {
        return Some(directory);
    }
    // Complete before it has its name: another compiler may be about to look into it.
    let scratch = tempfile::tempdir_in(beside).ok()?;
    write(sdk, scratch.path()).ok()?;
    if fs::rename(scratch.path(), &directory).is_err() {
        // It is there, made by another compiler or from an older list. New spellings are added to it.
        write(sdk, &directory).ok()?;
    }
    Some(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(root: &Path, list: &str) -> Sdk {
        let source = root.join("crates/longshore-win32");
        for directory in ["include", "pkg"] {
            fs::create_dir_all(source.join(directory)).unwrap();
        }
        fs::create_dir_all(root.join("target/debug")).unwrap();
        fs::write(source.join("pkg").join(LIST), list).unwrap();
        Sdk::find(Some(root)).unwrap()
    }

    #[test]
    fn every_spelling_forwards_to_the_header_in_lower_case() {
        let root = tempfile::tempdir().unwrap();
        let sdk = checkout(root.path(), "WinSock2.h\nWINDOWS.H\n");
        let directory = of_checkout(&sdk).unwrap();
        assert_eq!(fs::read_to_string(directory.join("WinSock2.h")).unwrap(), "#include <winsock2.h>\n");
        assert_eq!(fs::read_to_string(directory.join("WINDOWS.H")).unwrap(), "#include <windows.h>\n");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
    }

    #[test]
    fn a_spelling_that_is_new_on_the_list_is_added() {
        let root = tempfile::tempdir().unwrap();
        let directory = of_checkout(&checkout(root.path(), "WinSock2.h\n")).unwrap();
        let made = fs::metadata(&directory).unwrap().modified().unwrap();
        let sdk = checkout(root.path(), "WinSock2.h\nWindows.h\n");
        let list = fs::File::options().append(true).open(sdk.packages.join(LIST)).unwrap();
        list.set_modified(made + std::time::Duration::from_secs(2)).unwrap();
        assert!(of_checkout(&sdk).unwrap().join("Windows.h").is_file());
    }

    #[test]
    fn a_checkout_that_built_nothing_has_none() {
        let root = tempfile::tempdir().unwrap();
        let sdk = checkout(root.path(), "WinSock2.h\n");
        fs::remove_dir_all(root.path().join("target")).unwrap();
        assert_eq!(of_checkout(&sdk), None);
    }
}
