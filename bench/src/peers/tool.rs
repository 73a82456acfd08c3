//! Longshore's own program and its library for C, built from the workspace this package lies in.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::Result;

/// The `longshore` program, built once per run.
pub fn program() -> Result<PathBuf> {
    static PROGRAM: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let built = PROGRAM.get_or_init(|| {
        let report = build("longshore-cli").map_err(|error| error.to_string())?;
        report
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .ok_or_else(|| "cargo built no program from longshore-cli".into())
    });
    Ok(built.clone()?)
}

/// The library that `longshore cc` links, built where that program looks for it.
pub fn build_library_for_c() -> Result<()> {
    build("longshore-win32").map(drop)
}

fn build(package: &str) -> Result<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new("cargo")
        .args(["build", "--release", "--package", package, "--message-format=json-render-diagnostics"])
        .current_dir(&workspace)
        .output()?;
    if !output.status.success() {
        let messages = String::from_utf8_lossy(&output.stderr);
        let first = messages.lines().find(|line| line.starts_with("error")).unwrap_or("cargo failed");
        return Err(format!("skipped, `cargo build --release -p {package}` failed: {first}").into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
