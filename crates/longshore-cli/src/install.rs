//! `longshore install`: this program, the Win32 headers and libraries, and the files pkg-config and CMake
//! look for, in a prefix that needs no checkout any more and may be moved.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::compile::build::{flags, linking};
use crate::compile::command_line::Language;
use crate::compile::copy_tree;
use crate::compile::toolchain::compiler::Toolchain;
use crate::compile::toolchain::sdk::{SHARED_LIBRARY, STARTUP_LIBRARY, STATIC_LIBRARY, Sdk};
use crate::compile::toolchain::spellings;
use crate::failure::Failure;
use crate::terminal;

#[derive(Args)]
pub struct Arguments {
    /// The directory to install into; bin, include, lib and share are made below it
    #[arg(long, value_name = "DIR")]
    prefix: PathBuf,
    /// The compiler for the start-up archive
    #[arg(long, value_name = "PROGRAM")]
    compiler: Option<std::ffi::OsString>,
}

pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let sdk = Sdk::find(None)?;
    let archive = sdk.library(STATIC_LIBRARY)?;
    let shared = sdk.library(SHARED_LIBRARY)?;
    let toolchain = Toolchain::choose(arguments.compiler.as_deref(), Language::C);
    let prefix = arguments.prefix;
    let copying = |error: io::Error| {
        Failure::new(format!(
            "cannot install into {}: {error}. Choose a directory that can be written to with --prefix, or run this \
             as the user it belongs to",
            prefix.display()
        ))
    };

    let program = env::current_exe().map_err(copying)?;
    put(&program, &prefix.join("bin/longshore")).map_err(copying)?;
    let scratch = tempfile::tempdir().map_err(copying)?;
    let private = scratch.path().join(STATIC_LIBRARY);
    linking::hide_names(&archive, &private)?;
    put(&private, &prefix.join("lib").join(STATIC_LIBRARY)).map_err(copying)?;
    put(&shared, &prefix.join("lib").join(SHARED_LIBRARY)).map_err(copying)?;
    linking::write_empty_libraries(&prefix.join("lib/longshore-win32")).map_err(copying)?;
    // Ours alone, so what an older version left is not kept.
    let headers = prefix.join("include/longshore-win32");
    replace_tree(&sdk.headers, &headers).map_err(copying)?;
    spellings::write(&sdk, &headers).map_err(copying)?;
    let share = prefix.join("share/longshore-win32");
    replace_tree(&sdk.startup, &share.join("startup")).map_err(copying)?;
    replace_tree(&sdk.packages, &share.join("pkg")).map_err(copying)?;

    let startup = linking::build_startup(&sdk, &toolchain, &linking::startup_sources(&sdk), scratch.path())?;
    put(&startup, &prefix.join("lib").join(STARTUP_LIBRARY)).map_err(copying)?;

    for (template, name, place, language) in [
        ("longshore-win32.pc", "longshore-win32.pc", "lib/pkgconfig", Language::C),
        ("longshore-win32.pc", "longshore-win32-c++.pc", "lib/pkgconfig", Language::Cxx),
        (CMAKE, CMAKE, "lib/cmake/LongshoreWin32", Language::Cxx),
        (CMAKE_VERSION, CMAKE_VERSION, "lib/cmake/LongshoreWin32", Language::Cxx),
    ] {
        let template = fs::read_to_string(sdk.packages.join(format!("{template}.in"))).map_err(copying)?;
        let directory = prefix.join(place);
        fs::create_dir_all(&directory).map_err(copying)?;
        fs::write(directory.join(name), filled(&template, language)).map_err(copying)?;
    }
    terminal::output(format_args!(
        "installed in {0}\n  {1} cc --help\n  PKG_CONFIG_PATH={2}\n  CMAKE_PREFIX_PATH={0}\n",
        prefix.display(),
        prefix.join("bin/longshore").display(),
        prefix.join("lib/pkgconfig").display()
    ))
}

const CMAKE: &str = "LongshoreWin32Config.cmake";
const CMAKE_VERSION: &str = "LongshoreWin32ConfigVersion.cmake";

/// A package file with its placeholders filled in.
fn filled(template: &str, language: Language) -> String {
    let name = match language {
        Language::C => "C",
        Language::Cxx => "C++",
    };
    template
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@LANGUAGE@", name)
        .replace("@CFLAGS@", &flags::for_pkg_config(language))
        .replace("@CFLAGS_LIST@", &flags::for_cmake())
        .replace("@LIBS@", &linking::SYSTEM_LIBRARIES.join(" "))
        .replace("@LIBS_LIST@", &linking::SYSTEM_LIBRARIES.join(";"))
}

/// Copies a file over another that may be in use.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    if from.canonicalize().ok().is_some_and(|from| to.canonicalize().is_ok_and(|to| to == from)) {
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(Path::new("/")))?;
    let beside = to.with_extension("new");
    fs::copy(from, &beside)?;
    fs::rename(beside, to)
}

fn replace_tree(from: &Path, to: &Path) -> io::Result<()> {
    if from.canonicalize().ok().is_some_and(|from| to.canonicalize().is_ok_and(|to| to == from)) {
        return Ok(());
    }
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy_tree(from, to)
}
