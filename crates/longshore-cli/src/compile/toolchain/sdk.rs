//! Where the Win32 headers and libraries are.
//!
//! In order: `--sdk`, the variable `LONGSHORE_SDK`, the prefix this program is installed in, the
//! source checkout it was built from.

use std::env;
use std::path::{Path, PathBuf};

use super::spellings;
use crate::failure::Failure;

pub const STATIC_LIBRARY: &str = "liblongshore_win32.a";
/// In a checkout: what is installed as [`STATIC_LIBRARY`], made of what cargo builds under that name.
pub const PRIVATE_LIBRARY: &str = "liblongshore_win32_private.a";
pub const SHARED_LIBRARY: &str = "liblongshore_win32.so";
pub const STARTUP_LIBRARY: &str = "liblongshore_startup.a";
/// What the Microsoft compiler has built in, included before everything else.
pub const COMPILER_HEADER: &str = "longshore/abi/msvc.h";

/// The command that makes the libraries in a checkout.
pub const BUILD_COMMAND: &str = "cargo build --release -p longshore-win32";

#[derive(Debug)]
pub struct Sdk {
    pub headers: PathBuf,
    /// In the order they are looked through.
    pub libraries: Vec<PathBuf>,
    /// The sources of the start-up archive.
    pub startup: PathBuf,
    /// pkg-config and CMake files.
    pub packages: PathBuf,
    pub is_checkout: bool,
}

impl Sdk {
    pub fn find(choice: Option<&Path>) -> Result<Sdk, Failure> {
        if let Some(root) =
            choice.map(Path::to_path_buf).or_else(|| env::var_os("LONGSHORE_SDK").map(PathBuf::from))
        {
            return Sdk::at(&root).ok_or_else(|| {
                Failure::new(format!(
                    "no Longshore SDK in {}: neither include/longshore-win32 (an installed prefix) nor \
                     crates/longshore-win32/include (a checkout) is there. Make one with `longshore install --prefix \
                     {0}`, or leave out --sdk and LONGSHORE_SDK",
                    root.display()
                ))
            });
        }
        let program = env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
        let directory = program.parent().unwrap_or(Path::new("/"));
        let beside = directory.parent().filter(|_| directory.ends_with("bin")).and_then(Sdk::installed);
        // A target directory may be anywhere, so the checkout that was compiled is asked last.
        let built_from = || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).and_then(Sdk::checkout);
        let mut sdk =
            beside.or_else(|| directory.ancestors().find_map(Sdk::checkout)).or_else(built_from).ok_or_else(|| {
                Failure::new(format!(
                    "the Win32 headers are nowhere: not in ../include/longshore-win32 beside {}, and no checkout is \
                     around it. Install them from a checkout with `cargo run --release -p longshore-cli -- install \
                     --prefix DIR`, or say where they are: LONGSHORE_SDK=DIR",
                    program.display()
                ))
            })?;
        if sdk.is_checkout {
            // What was built together with this program first, then the other profile.
            let profile = directory.file_name().unwrap_or_default();
            let other = if profile == "debug" { "release" } else { "debug" };
            let mut built = vec![directory.to_path_buf(), directory.with_file_name(other)];
            built.append(&mut sdk.libraries);
            sdk.libraries = built;
        }
        Ok(sdk)
    }

    /// In a prefix or a checkout.
    fn at(root: &Path) -> Option<Sdk> {
        let root = root.canonicalize().ok()?;
        Sdk::installed(&root).or_else(|| Sdk::checkout(&root))
    }

    fn installed(prefix: &Path) -> Option<Sdk> {
        let headers = prefix.join("include/longshore-win32");
        headers.is_dir().then(|| Sdk {
            headers,
            libraries: vec![prefix.join("lib")],
            startup: prefix.join("share/longshore-win32/startup"),
            packages: prefix.join("share/longshore-win32/pkg"),
            is_checkout: false,
        })
    }

    fn checkout(root: &Path) -> Option<Sdk> {
        let source = root.join("crates/longshore-win32");
        let headers = source.join("include");
        headers.is_dir().then(|| Sdk {
            headers,
            libraries: vec![root.join("target/release"), root.join("target/debug")],
            startup: source.join("startup"),
            packages: source.join("pkg"),
            is_checkout: true,
        })
    }

    /// Where the compiler looks for headers: the SDK's, and in a checkout those with
    /// other spellings of their names.
    pub fn header_directories(&self) -> Vec<PathBuf> {
        let spellings = if self.is_checkout { spellings::of_checkout(self) } else { None };
        std::iter::once(self.headers.clone()).chain(spellings).collect()
    }

    /// The full path of a library.
    pub fn library(&self, name: &str) -> Result<PathBuf, Failure> {
        self.libraries.iter().map(|directory| directory.join(name)).find(|path| path.is_file()).ok_or_else(
            || {
                let directories: Vec<_> =
                    self.libraries.iter().map(|path| path.display().to_string()).collect();
                let remedy = if self.is_checkout {
                    format!("Build it first: `{BUILD_COMMAND}`")
                } else {
                    "Install it again from a checkout: `longshore install --prefix DIR`".to_owned()
                };
                Failure::new(format!("{name} is not in {}. {remedy}", directories.join(" nor in ")))
            },
        )
    }

    pub fn compiler_header(&self) -> PathBuf {
        self.headers.join(COMPILER_HEADER)
    }
}
