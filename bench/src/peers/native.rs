//! Peers written in C and C++: compiled when a row needs them, skipped with a reason when they cannot be.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use crate::Result;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Native {
    Asio,
    Libuv,
}

struct Recipe {
    file: &'static str,
    source: &'static str,
    compiler: &'static str,
    arguments: &'static [&'static str],
    libraries: &'static [&'static str],
    needs: &'static str,
}

impl Native {
    fn recipe(self) -> Recipe {
        match self {
            Native::Asio => Recipe {
                file: "asio_echo.cpp",
                source: include_str!("../../peers/asio_echo.cpp"),
                compiler: "g++",
                arguments: &["-std=c++17", "-O3", "-DNDEBUG", "-DASIO_STANDALONE"],
                libraries: &["-pthread"],
                needs: "g++ and standalone Asio (Debian: g++ libasio-dev)",
            },
            Native::Libuv => Recipe {
                file: "uv_echo.c",
                source: include_str!("../../peers/uv_echo.c"),
                compiler: "gcc",
                arguments: &["-std=gnu11", "-O3", "-DNDEBUG"],
                libraries: &["-luv"],
                needs: "gcc and libuv (Debian: gcc libuv1-dev)",
            },
        }
    }

    /// Compiles the peer, once per run, next to this binary; the program's path.
    pub fn build(self) -> Result<PathBuf> {
        static BUILT: Mutex<Option<HashMap<Native, std::result::Result<PathBuf, String>>>> = Mutex::new(None);
        let mut built = BUILT.lock().expect("no build panics");
        let outcome = built
            .get_or_insert_default()
            .entry(self)
            .or_insert_with(|| self.compile().map_err(|error| error.to_string()));
        outcome.clone().map_err(Into::into)
    }

    fn compile(self) -> Result<PathBuf> {
        let recipe = self.recipe();
        let directory = std::env::current_exe()?.parent().ok_or("this binary has no directory")?.join("peers");
        fs::create_dir_all(&directory)?;
        let source = directory.join(recipe.file);
        let program = source.with_extension("");
        fs::write(&source, recipe.source)?;
        compile(&recipe, &source, &program).map_err(|error| format!("skipped, it needs {}: {error}", recipe.needs))?;
        Ok(program)
    }
}

fn compile(recipe: &Recipe, source: &Path, program: &Path) -> Result<()> {
    let output = Command::new(recipe.compiler)
        .args(recipe.arguments)
        .arg(source)
        .arg("-o")
        .arg(program)
        .args(recipe.libraries)
        .output()
        .map_err(|error| format!("{}: {error}", recipe.compiler))?;
    if output.status.success() {
        return Ok(());
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let first = messages.lines().find(|line| line.contains("error")).unwrap_or("the compiler failed");
    Err(first.to_owned().into())
}
