//! The error tables of the C headers are what `windows-sys` says, and so is every other number in them.
//!
//! The three tables under `include/longshore/` are generated here: `LONGSHORE_BLESS=1 cargo test -p
//! longshore-win32 error_tables` writes them anew after an update of windows-sys.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The constants of windows-sys by name: type and value, as far as the value is an integer.
type Constants = BTreeMap<String, (String, i64)>;

fn include_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

/// Where cargo keeps the sources of the windows-sys that this crate depends on.
fn windows_sys_sources() -> PathBuf {
    // What only other systems need has not been fetched.
    let here = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--filter-platform",
            &here,
            "--manifest-path",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs its own tests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let wanted = "/windows-sys-0.61.";
    metadata
        .split('"')
        .find(|text| text.contains(wanted) && text.ends_with("/Cargo.toml"))
        .map(|manifest| Path::new(manifest).with_file_name("src"))
        .unwrap_or_else(|| panic!("no {wanted} among the packages"))
}

/// `5u32`, `0x8009_0001_u32 as _`, `-1i32`: the integer, or nothing for strings, structures and names.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(" as _");
    let (text, sign) = text.strip_prefix('-').map_or((text, 1), |rest| (rest, -1));
    let end = ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "usize", "isize"]
        .iter()
        .find_map(|suffix| text.strip_suffix(suffix))
        .unwrap_or(text)
        .replace('_', "");
    let value = match end.strip_prefix("0x") {
        Some(hexadecimal) => i64::from_str_radix(hexadecimal, 16).ok()?,
        None => end.parse().ok()?,
    };
    Some(sign * value)
}

fn constants(file: &Path) -> Constants {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut found = Constants::new();
    for definition in text.split("pub const ").skip(1) {
        let Some((name, rest)) = definition.split_once(':') else { continue };
        let Some((kind, value)) = rest.split_once(" = ") else { continue };
        let Some(value) = value.split(';').next().and_then(integer) else { continue };
        found.insert(name.to_owned(), (kind.trim().to_owned(), value));
    }
    found
}

/// All of windows-sys. Where two modules disagree about a name, neither is taken.
fn all_constants() -> BTreeMap<String, i64> {
    fn walk(directory: &Path, found: &mut BTreeMap<String, Option<i64>>) {
        for entry in fs::read_dir(directory).expect("a readable source tree") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                for (name, (_, value)) in constants(&path) {
                    found
                        .entry(name)
                        .and_modify(|known| *known = known.filter(|&k| k == value))
                        .or_insert(Some(value));
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&windows_sys_sources(), &mut found);
    found.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

struct Table {
    file: &'static str,
    title: &'static str,
    prefixes: &'static [&'static str],
    written: fn(&str, i64) -> String,
}

fn plain(kind: &str, value: i64) -> String {
    if kind.ends_with("HRESULT") { format!("((HRESULT)0x{:08X})", value as u32) } else { value.to_string() }
}

const WIN32: Table = Table {
    file: "abi/win32_errors.h",
    title: "the system error codes, with Windows' values.",
    prefixes: &[
        "ERROR_",
        "NO_ERROR",
        "RPC_S_",
        "RPC_X_",
        "OR_INVALID_",
        "DNS_ERROR_",
        "DNS_INFO_",
        "DNS_WARNING_",
        "EPT_S_",
        "FRS_ERR_",
    ],
    written: plain,
};

const NTSTATUS: Table = Table {
    file: "abi/ntstatus_codes.h",
    title: "the NTSTATUS codes, with Windows' values.",
    prefixes: &["STATUS_", "RPC_NT_", "DBG_", "EPT_NT_"],
    written: |_, value| format!("((NTSTATUS)0x{:08X})", value as u32),
};

const WINSOCK: Table = Table {
    file: "socket/winsock_errors.h",
    title: "the Winsock error codes, with Windows' values.",
    prefixes: &[
        "WSABASEERR",
        "WSAE",
        "WSAHOST_",
        "WSANOT",
        "WSANO_",
        "WSASERVICE_",
        "WSASYSCALL",
        "WSASYSNOT",
        "WSATRY_",
        "WSATYPE_",
        "WSAVER",
        "WSA_",
    ],
    written: plain,
};

impl Table {
    fn text(&self, constants: &Constants, wanted: impl Fn(&str) -> bool) -> String {
        let mut rows: Vec<_> = constants
            .iter()
            .filter(|(name, _)| self.prefixes.iter().any(|prefix| name.starts_with(prefix)) && wanted(name))
            .collect();
        rows.sort_by_key(|(name, (_, value))| (*value as u32, name.as_str()));
        let (_, name) = self.file.split_once('/').expect("a room and a file");
        let guard = format!("LONGSHORE_{}", name.replace('.', "_").to_uppercase());
        let mut text = format!(
            "/*\n * Longshore: {}\n *\n * Generated from the windows-sys crate by tests/suite/system/error_tables.rs;\n * \
             LONGSHORE_BLESS=1 writes it anew.\n */\n\
             #ifndef {guard}\n#define {guard}\n\n",
            self.title
        );
        for (name, (kind, value)) in rows {
            text += &format!("#define {name} {}\n", (self.written)(kind, *value));
        }
        text + "\n#endif\n"
    }

    fn check(&self, text: &str) {
        let path = include_dir().join("longshore").join(self.file);
        if std::env::var_os("LONGSHORE_BLESS").is_some() {
            fs::write(&path, text).expect("a writable checkout");
        }
        let there = fs::read_to_string(&path).expect("the table is checked in");
        let different = there.lines().zip(text.lines()).find(|(there, generated)| there != generated);
        assert!(
            there == text,
            "{} is not what windows-sys yields; first difference: {different:?}",
            self.file
        );
    }
}

#[test]
fn the_error_tables_are_what_windows_sys_yields() {
    let sources = windows_sys_sources();
    let foundation = constants(&sources.join("Windows/Win32/Foundation/mod.rs"));
    let winsock = constants(&sources.join("Windows/Win32/Networking/WinSock/mod.rs"));
    WIN32.check(&WIN32.text(&foundation, |_| true));
    NTSTATUS.check(&NTSTATUS.text(&foundation, |_| true));
    // WSA_FLAG_OVERLAPPED and the like are u32 flags, WSA_WAIT_EVENT_0 and its kin results of a wait.
    WINSOCK.check(
        &WINSOCK.text(&winsock, |name| winsock[name].0 == "WSA_ERROR" && !name.starts_with("WSA_WAIT_")),
    );
}

/// `#define NAME 0x10`: the name and the number, for definitions that are a single number, cast or not.
fn definition(line: &str) -> Option<(&str, i64)> {
    let (name, value) = line.strip_prefix("#define ")?.trim().split_once(' ')?;
    let value = value.trim();
    let value = value.split("/*").next().unwrap_or(value).trim();
    let value = value.strip_prefix("((DWORD)").and_then(|rest| rest.strip_suffix(')')).unwrap_or(value);
    let value = value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(value);
    Some((name, integer(value)?))
}

/// Where two generations of Windows' headers differ and windows-sys has the older: winsock.h's
/// SOMAXCONN was 5, and AF_MAX grew with the families.
const NEWER_THAN_WINDOWS_SYS: [&str; 2] = ["SOMAXCONN", "AF_MAX"];

#[test]
fn every_number_in_the_headers_is_the_one_windows_has() {
    let known = all_constants();
    let mut compared = 0;
    let mut wrong = Vec::new();
    let mut pending = vec![include_dir().join("longshore")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("the include directory is part of the crate");
            pending.extend(entries.map(|entry| entry.expect("a readable entry").path()));
            continue;
        }
        let text = fs::read_to_string(&path).expect("UTF-8 headers");
        for (name, value) in text.lines().filter_map(definition) {
            let Some(&expected) = known.get(name) else { continue };
            if NEWER_THAN_WINDOWS_SYS.contains(&name) {
                continue;
            }
            compared += 1;
            if value as u32 != expected as u32 {
                wrong.push(format!("{}: {name} is {value:#x}, not {expected:#x}", path.display()));
            }
        }
    }
    assert!(compared > 4000, "only {compared} numbers compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
