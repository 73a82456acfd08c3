//! The exported functions and the kinds of their parameters, from the sources.

use super::values::Value;
use std::path::Path;

/// What a parameter is to somebody who wants to get it wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    /// The type of the object that is sound, as the sources name it.
    Handle(String),
    Pointer,
    /// Function to call, or NULL.
    Callback,
    /// Always sound; the type.
    Trusted(String),
}

const NUMBER: [Value; 6] =
    [Value::Null, Value::One, Value::Minus, Value::HugeInt, Value::TopBit, Value::HugeLong];
const HANDLE: [Value; 13] = [
    Value::Null,
    Value::Minus,
    Value::Stale,
    Value::Wild,
    Value::Event,
    Value::Port,
    Value::Stream,
    Value::Datagram,
    Value::File,
    Value::Thread,
    Value::Process,
    Value::Mutex,
    Value::Sound,
];
const POINTER: [Value; 9] = [
    Value::Null,
    Value::One,
    Value::Wild,
    Value::NoAddress,
    Value::Minus,
    Value::Unaligned,
    Value::ReadOnly,
    Value::Edge,
    Value::Filled,
];

impl Kind {
    fn of(kind: &str, function: &str) -> Kind {
        const NUMBERS: [&str; 21] = [
            "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize", "bool", "c_int",
            "c_uint", "c_char", "c_long", "c_ulong", "WCHAR", "COORD", "SOCKET", "wint_t", "ULONG",
        ];
        let kind = kind.rsplit("libc::").next().unwrap_or(kind);
        match kind {
            _ if super::trusted(function, kind).is_some() => Kind::Trusted(kind.to_owned()),
            _ if NUMBERS.contains(&kind) => Kind::Number,
            "HANDLE" | "Module" | "Key" | "SocketArg" => Kind::Handle(kind.to_owned()),
            _ if kind.starts_with("Handle<") || kind.starts_with("Option<Handle<") => {
                Kind::Handle(kind.to_owned())
            }
            _ if kind.contains("Callback<") || kind.contains("fn(") => Kind::Callback,
            _ => Kind::Pointer,
        }
    }

    /// What it is tried with.
    pub fn values(&self) -> &'static [Value] {
        match self {
            Kind::Number => &NUMBER,
            Kind::Handle(_) => &HANDLE,
            Kind::Pointer => &POINTER,
            Kind::Callback => &[Value::Null],
            Kind::Trusted(_) => &[],
        }
    }
}

pub struct Signature {
    pub name: String,
    pub kinds: Vec<Kind>,
    types: Vec<String>,
}

impl Signature {
    /// The call, for a person.
    pub fn with(&self, call: &[super::Value]) -> String {
        let told = self.types.iter().zip(call).map(|(kind, value)| format!("{kind}: {value:?}"));
        format!("({})", told.collect::<Vec<_>>().join(", "))
    }

    /// From the text that follows the attribute.
    fn parse(item: &str) -> Option<Signature> {
        let (before, after) = item.split_once(" fn ")?;
        if before.contains(['{', '=']) && !before.contains("#[") {
            return None;
        }
        let (name, after) = after.split_once('(')?;
        let name = name.split('<').next()?.trim().to_owned();
        if name.starts_with('$') {
            return None; // In a macro, which exports what is called by its own name elsewhere.
        }
        let mut types = Vec::new();
        let (mut depth, mut start) = (0, 0);
        for (index, character) in after.char_indices() {
            match character {
                '(' | '<' | '[' => depth += 1,
                ')' if depth == 0 => {
                    types.push(&after[start..index]);
                    break;
                }
                '>' if after[..index].ends_with('-') => {}
                ')' | '>' | ']' => depth -= 1,
                ',' if depth == 0 => {
                    types.push(&after[start..index]);
                    start = index + 1;
                }
                _ => {}
            }
        }
        let types: Vec<_> = types
            .iter()
            .filter_map(|parameter| Some(parameter.split_once(':')?.1.trim().to_owned()))
            .collect();
        let kinds = types.iter().map(|kind| Kind::of(kind, &name)).collect();
        Some(Signature { name, kinds, types })
    }
}

fn read(directory: &Path, found: &mut Vec<Signature>) {
    let entries = std::fs::read_dir(directory).expect("the sources").flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("sources are text");
            let at_the_door = source.split("\n#[export").skip(1);
            found.extend(at_the_door.filter_map(Signature::parse));
            let by_hand = source.split("#[unsafe(no_mangle)]").skip(1).filter(|item| {
                item.split_once(" fn ").is_some_and(|(before, _)| {
                    before.contains("extern \"C") && !before.contains(['{', ';', '('])
                })
            });
            found.extend(by_hand.filter_map(Signature::parse));
        }
    }
}

/// Every function with the attribute of exported functions.
pub fn all() -> Vec<Signature> {
    let mut found = Vec::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    assert!(found.len() > 500, "{} functions are all that was found", found.len());
    found
}
