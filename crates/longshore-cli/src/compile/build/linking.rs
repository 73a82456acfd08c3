//! What is linked: the user's objects, less the import libraries of Windows, plus Longshore.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile::command_line::CommandLine;
use crate::compile::toolchain::compiler::Toolchain;
use crate::compile::toolchain::private_names::{self, Malformed};
use crate::compile::toolchain::sdk::{PRIVATE_LIBRARY, SHARED_LIBRARY, STARTUP_LIBRARY, STATIC_LIBRARY, Sdk};
use crate::failure::Failure;

/// Import libraries of Windows. Longshore's library replaces all of them.
const WINDOWS_LIBRARIES: [&str; 46] = [
    "advapi32",
    "bcrypt",
    "cfgmgr32",
    "comctl32",
    "comdlg32",
    "credui",
    "crypt32",
    "dbghelp",
    "dnsapi",
    "fwpuclnt",
    "gdi32",
    "imm32",
    "iphlpapi",
    "kernel32",
    "kernelbase",
    "libcmt",
    "libcmtd",
    "libcpmt",
    "libcpmtd",
    "mincore",
    "mpr",
    "msvcprt",
    "msvcrt",
    "msvcrtd",
    "mswsock",
    "netapi32",
    "ntdll",
    "odbc32",
    "odbccp32",
    "ole32",
    "oleaut32",
    "onecore",
    "powrprof",
    "psapi",
    "rpcrt4",
    "secur32",
    "setupapi",
    "shell32",
    "shlwapi",
    "synchronization",
    "user32",
    "userenv",
    "uuid",
    "version",
    "winmm",
    "winspool",
];
const MORE_WINDOWS_LIBRARIES: [&str; 6] =
    ["wsock32", "ws2_32", "wtsapi32", "legacy_stdio_definitions", "ucrt", "vcruntime"];

/// What Longshore's library itself needs.
pub const SYSTEM_LIBRARIES: [&str; 3] = ["-lpthread", "-ldl", "-lm"];

/// Libraries with nothing in them, under the names of Windows' import libraries: for builds that do without
/// the wrapper and say `-lws2_32`.
pub fn write_empty_libraries(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let names = WINDOWS_LIBRARIES.iter().chain(&MORE_WINDOWS_LIBRARIES);
    names.into_iter().try_for_each(|name| fs::write(directory.join(format!("lib{name}.a")), b"!<arch>\n"))
}

fn is_windows(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    WINDOWS_LIBRARIES.contains(&lower.as_str()) || MORE_WINDOWS_LIBRARIES.contains(&lower.as_str())
}

/// Whether this argument is not passed to the linker: `-lws2_32`, `ws2_32.lib`.
pub fn is_swallowed(argument: &OsString) -> bool {
    let Ok(text) = std::str::from_utf8(argument.as_bytes()) else { return false };
    if let Some(name) = text.strip_prefix("-l") {
        return is_windows(name);
    }
    let lower = text.to_ascii_lowercase();
    let Some(stem) = lower.strip_suffix(".lib") else { return false };
    is_windows(stem.rsplit(['/', '\\']).next().unwrap_or(stem)) && !Path::new(text).is_file()
}

/// The libraries for the end of a link line.
pub fn runtime(
    line: &CommandLine,
    sdk: &Sdk,
    toolchain: &Toolchain,
    scratch: &Path,
) -> Result<Vec<OsString>, Failure> {
    let mut arguments: Vec<OsString> = Vec::new();
    if !line.links_shared_object {
        arguments.extend(startup(sdk, toolchain, scratch)?.map(OsString::from));
    }
    // A shared object must not bring a second copy of the handle table into the process.
    if line.choices.shared_runtime || line.links_shared_object {
        let library = sdk.library(SHARED_LIBRARY)?;
        let mut path = OsString::from("-Wl,-rpath,");
        path.push(library.parent().unwrap_or(Path::new(".")));
        arguments.push(library.into());
        arguments.push(path);
    } else {
        arguments.push(static_library(sdk, line.links_statically, scratch)?.into());
        // The archive's members are large; most programs call little of them.
        arguments.push("-Wl,--gc-sections".into());
    }
    arguments.extend(SYSTEM_LIBRARIES.map(OsString::from));
    Ok(arguments)
}

/// The static library as it is to be linked. In programs that have libc beside them, their names do not reach
/// it.
fn static_library(sdk: &Sdk, statically: bool, scratch: &Path) -> Result<PathBuf, Failure> {
    let library = sdk.library(STATIC_LIBRARY)?;
    if statically {
        let revealed = scratch.join(STATIC_LIBRARY);
        change(&library, private_names::reveal, &revealed)?;
        return Ok(revealed);
    }
    if !sdk.is_checkout {
        return Ok(library);
    }
    let kept = library.with_file_name(PRIVATE_LIBRARY);
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if time(&kept) >= time(&library) {
        return Ok(kept);
    }
    let made = scratch.join(PRIVATE_LIBRARY);
    hide_names(&library, &made)?;
    Ok(keep(&made, &kept).unwrap_or(made))
}

/// Writes the static library as programs are to be linked with it.
pub fn hide_names(library: &Path, to: &Path) -> Result<(), Failure> {
    change(library, private_names::hide, to)
}

fn change(
    library: &Path,
    changed: fn(&[u8]) -> Result<Vec<u8>, Malformed>,
    to: &Path,
) -> Result<(), Failure> {
    let bytes = fs::read(library)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", library.display())))?;
    let bytes = changed(&bytes)
        .map_err(|error| Failure::new(format!("cannot use {}: {error}", library.display())))?;
    fs::write(to, bytes).map_err(|error| Failure::new(format!("cannot write {}: {error}", to.display())))
}

/// Puts what was made beside the libraries for the next time; another link may be doing the same, hence the
/// rename.
fn keep(made: &Path, kept: &Path) -> Option<PathBuf> {
    let mut beside = kept.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    if fs::copy(made, &beside).and_then(|_| fs::rename(&beside, kept)).is_ok() {
        return Some(kept.to_path_buf());
    }
    let _ = fs::remove_file(beside);
    None
}

/// What the linker takes for a shared object: on Windows a library of its own has to be linked for that.
pub fn write_import_library(library: &Path, object: &Path) -> Result<(), Failure> {
    let written = std::path::absolute(object)
        .and_then(|object| fs::write(library, format!("INPUT(\"{}\")\n", object.display())));
    written.map_err(|error| {
        Failure::new(format!("cannot write the import library {}: {error}", library.display()))
    })
}

/// The archive with a `main` that calls `wmain` or `WinMain`; the linker takes it only when there is no
/// `main`.
fn startup(sdk: &Sdk, toolchain: &Toolchain, scratch: &Path) -> Result<Option<PathBuf>, Failure> {
    let built =
        sdk.libraries.iter().map(|directory| directory.join(STARTUP_LIBRARY)).find(|path| path.is_file());
    let sources = startup_sources(sdk);
    let newest = sources.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).max();
    if let Some(path) = built {
        let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
        if !sdk.is_checkout || time >= newest {
            return Ok(Some(path));
        }
    }
    if sources.is_empty() {
        return Ok(None);
    }
    let made = build_startup(sdk, toolchain, &sources, scratch)?;
    let home = sdk.libraries.iter().find(|directory| directory.join(STATIC_LIBRARY).is_file());
    let kept = home.and_then(|home| keep(&made, &home.join(STARTUP_LIBRARY)));
    Ok(Some(kept.unwrap_or(made)))
}

pub fn startup_sources(sdk: &Sdk) -> Vec<PathBuf> {
    let entries = fs::read_dir(&sdk.startup).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut sources: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "c")).collect();
    sources.sort();
    sources
}

/// Compiles the start-up sources into an archive in the scratch directory.
pub fn build_startup(
    sdk: &Sdk,
    toolchain: &Toolchain,
    sources: &[PathBuf],
    scratch: &Path,
) -> Result<PathBuf, Failure> {
    let archive = scratch.join(STARTUP_LIBRARY);
    let mut objects = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let object = scratch.join(format!("startup-{number}.o"));
        let mut command = toolchain.command();
        command.args(["-x", "c", "-O2", "-fPIC", "-c"]).arg("-isystem").arg(&sdk.headers).arg(source);
        run(command.arg("-o").arg(&object), "the start-up code does not compile")
            .map_err(|error| error.unwrap_or_else(|error| toolchain.missing(&error)))?;
        objects.push(object);
    }
    run(Command::new("ar").arg("rcs").arg(&archive).args(&objects), "the start-up archive cannot be made")
        .map_err(|error| {
            error.unwrap_or_else(|error| {
                Failure::new(format!("cannot run ar: {error}. It is part of binutils, as the linker is"))
            })
        })?;
    Ok(archive)
}

/// The inner error means that the compiler could not be started.
fn run(command: &mut Command, what: &str) -> Result<(), Result<Failure, io::Error>> {
    let output = command.output().map_err(Err)?;
    if output.status.success() {
        return Ok(());
    }
    Err(Ok(Failure::new(format!("{what}:\n{}", String::from_utf8_lossy(&output.stderr).trim_end()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_libraries_are_swallowed_and_others_are_not() {
        for name in ["-lws2_32", "-lMswsock", "ws2_32.lib", "WS2_32.LIB", "kernel32.lib"] {
            assert!(is_swallowed(&name.into()), "{name}");
        }
        for name in ["-lm", "-lpthread", "-lmysqlclient", "foo.lib", "foo.o", "-Lws2_32", "libws2.a"] {
            assert!(!is_swallowed(&name.into()), "{name}");
        }
    }
}
