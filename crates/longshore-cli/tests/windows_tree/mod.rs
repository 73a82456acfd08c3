//! Small source trees as they look on Windows, and the real wrapper and compilers run over them.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

use tempfile::TempDir;

pub struct Tree {
    directory: TempDir,
}

/// Builds the libraries next to the wrapper, as the wrapper's own message says: a test of the command alone does
/// not depend on them.
pub fn build_libraries() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_longshore"));
        let profile = program.parent().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--quiet", "-p", "longshore-win32", "--manifest-path"]);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"));
        command.arg("--target-dir").arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            command.arg("--release");
        }
        assert!(command.status().unwrap().success());
    });
}

/// The compilers of this machine for C++, and for C.
pub fn compilers() -> Vec<(&'static str, &'static str)> {
    let all = [("g++", "gcc"), ("clang++", "clang")];
    all.into_iter().filter(|(cxx, _)| Command::new(cxx).arg("--version").output().is_ok()).collect()
}

impl Tree {
    pub fn new(files: &[(&str, &str)]) -> Tree {
        let tree = Tree { directory: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The wrapper, in the root of the tree.
    pub fn wrapper(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
        command.args(arguments).current_dir(self.directory.path()).env("LC_ALL", "C");
        for variable in ["CC", "CXX", "LONGSHORE_SDK"] {
            command.env_remove(variable);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.wrapper(arguments).output().unwrap())
    }

    /// Compiles and links what must compile, runs it, and returns what it wrote.
    pub fn program(&self, arguments: &[&str]) -> String {
        build_libraries();
        let mut all = arguments.to_vec();
        all.extend(["-o", "program"]);
        self.run(&all).succeeded();
        self.execute("program")
    }

    pub fn execute(&self, program: &str) -> String {
        let output = Command::new(self.path(program)).current_dir(self.directory.path()).output().unwrap();
        assert!(output.status.success(), "{:?}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(output: Output) -> Outcome {
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub fn succeeded(self) -> Outcome {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    #[track_caller]
    pub fn failed_with(self, parts: &[&str]) -> Outcome {
        assert_ne!(self.code, Some(0), "it succeeded");
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in:\n{}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub fn silent(self) -> Outcome {
        assert_eq!(self.stderr, "");
        self
    }
}
