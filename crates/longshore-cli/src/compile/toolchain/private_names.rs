//! Removes the names of libc's functions from the static library's symbol tables, so that the library never
//! calls a program's functions of the same names.
//!
//! The library has a function `__wrap_NAME` for each such NAME (`abi/imports.rs` there says why, and how it
//! finds libc's). Here, references to `NAME` become references to that function, as the linker's `--wrap`
//! would do it. `--wrap` itself cannot be used: at the link of a program it would also change the program's
//! own calls. objcopy cannot be used either: for objects that also contain LLVM's code, such as those of
//! Rust's standard library, it relies on the linker's plugins.
//!
//! An archive is a sequence of members (ar(5)). The first lists symbols and where the members that define
//! them start. A symbol table refers to names in another section by their offsets; new names go into a copy
//! of that section at the end of its member.

use std::collections::HashSet;

/// What the library calls its ways to libc, and what they are called from here on. A program that is linked
/// with `--wrap` has functions with the first prefix itself.
const WRAPPED: &str = "__wrap_";
const PRIVATE: &str = "longshore_libc_";

/// The environment is data and exists once; libc has a second name for it that no program may use.
const DATA: [(&str, &str); 1] = [("environ", "__environ")];

/// Why an archive cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(&'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "it is no archive of 64-bit ELF objects: {}", self.0)
    }
}

/// The change to a symbol.
enum Change {
    Renamed(String),
    /// Whatever the object has itself under its name, it refers to what others have under this one.
    Imported(String),
}

/// The archive with private names. One that has them already stays as it is.
pub fn hide(archive: &[u8]) -> Result<Vec<u8>, Malformed> {
    let imports = wrapped(archive)?;
    let change = |symbol: &Symbol<'_>| {
        if let Some(name) = symbol.name.strip_prefix(WRAPPED).filter(|name| imports.contains(name)) {
            return Some(format!("{PRIVATE}{name}"));
        }
        if symbol.is_defined {
            return None;
        }
        let data = DATA.iter().find(|(name, _)| *name == symbol.name).map(|&(_, other)| other.to_owned());
        // A weak reference asks whether a newer libc has a function. It finds nothing, rather than the
        // program's.
        let asks = symbol.is_weak && !symbol.name.starts_with('_') && !symbol.name.starts_with(PRIVATE);
        let hidden = imports.contains(symbol.name) || asks;
        data.or_else(|| hidden.then(|| format!("{PRIVATE}{}", symbol.name)))
    };
    rewrite(archive, |symbol| change(symbol).map(Change::Renamed))
}

/// The archive for a program that is linked statically, where libc's functions are in the program, and
/// nothing else is there to look them up in: what is private, or would have become so, refers to libc's own
/// names.
pub fn reveal(archive: &[u8]) -> Result<Vec<u8>, Malformed> {
    let libcs = |symbol: &Symbol<'_>| {
        symbol.name.strip_prefix(PRIVATE).or_else(|| symbol.name.strip_prefix(WRAPPED)).map(str::to_owned)
    };
    rewrite(archive, |symbol| libcs(symbol).map(Change::Imported))
}

/// The names for which the library has functions of its own.
fn wrapped(archive: &[u8]) -> Result<HashSet<&str>, Malformed> {
    let mut names = HashSet::new();
    for member in members(archive)? {
        for symbol in symbols(member.content)?.into_iter().flat_map(|table| table.symbols) {
            names.extend(symbol.name.strip_prefix(WRAPPED).filter(|_| symbol.is_defined));
        }
    }
    Ok(names)
}

struct Member<'a> {
    header: &'a [u8],
    /// Where the header is.
    start: usize,
    content: &'a [u8],
}

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER_BYTES: usize = 60;
/// Where a member's header has its size, in decimal digits and blanks.
const SIZE: std::ops::Range<usize> = 48..58;

fn members(archive: &[u8]) -> Result<Vec<Member<'_>>, Malformed> {
    let mut members = Vec::new();
    let mut start = MAGIC.len();
    if !archive.starts_with(MAGIC) {
        return Err(Malformed("another beginning"));
    }
    while start < archive.len() {
        let header = archive.get(start..start + HEADER_BYTES).ok_or(Malformed("half a header"))?;
        let size = std::str::from_utf8(&header[SIZE]).ok().and_then(|size| size.trim_end().parse().ok());
        let size: usize = size.ok_or(Malformed("a member without a size"))?;
        let begin = start + HEADER_BYTES;
        let content = begin.checked_add(size).and_then(|end| archive.get(begin..end));
        members.push(Member { header, start, content: content.ok_or(Malformed("half a member"))? });
        start = begin + size + size % 2;
    }
    Ok(members)
}

/// How wide the numbers of a list of symbols are, if this is one.
fn index_width(header: &[u8]) -> Option<usize> {
    match &header[..16] {
        b"/               " => Some(4),
        b"/SYM64/         " => Some(8),
        _ => None,
    }
}

fn rewrite(archive: &[u8], change: impl Fn(&Symbol<'_>) -> Option<Change>) -> Result<Vec<u8>, Malformed> {
    let members = members(archive)?;
    let mut contents = Vec::with_capacity(members.len());
    for member in &members {
        contents.push(match index_width(member.header) {
            Some(width) => index(member.content, width)?.written(width, &change, |start| start),
            None => object(member.content, &change)?,
        });
    }
    // The list comes first and says where the others are: its own length is known by now.
    let mut starts = Vec::with_capacity(members.len());
    let mut at = MAGIC.len();
    for (member, content) in members.iter().zip(&contents) {
        starts.push((member.start as u64, at as u64));
        at += HEADER_BYTES + content.len() + content.len() % 2;
    }
    let moved = |start: u64| starts.iter().find(|&&(old, _)| old == start).map_or(start, |&(_, new)| new);
    let mut output = Vec::with_capacity(at);
    output.extend_from_slice(MAGIC);
    for (member, mut content) in members.iter().zip(contents) {
        if let Some(width) = index_width(member.header) {
            content = index(member.content, width)?.written(width, &change, moved);
        }
        output.extend_from_slice(&member.header[..SIZE.start]);
        output.extend_from_slice(format!("{:<10}", content.len()).as_bytes());
        output.extend_from_slice(&member.header[SIZE.end..]);
        output.extend_from_slice(&content);
        if content.len() % 2 == 1 {
            output.push(b'\n');
        }
    }
    Ok(output)
}

/// The list of symbols: where the member of each starts, and its name.
struct Index<'a>(Vec<(u64, &'a str)>);

fn index(content: &[u8], width: usize) -> Result<Index<'_>, Malformed> {
    let number = |place: usize| {
        let bytes = content.get(place * width..(place + 1) * width)?;
        Some(bytes.iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte)))
    };
    let short = Malformed("a short list of symbols");
    let count = number(0).ok_or(short)? as usize;
    let mut names = content.get((count.saturating_add(1)).saturating_mul(width)..).unwrap_or_default();
    let mut entries = Vec::with_capacity(count.min(content.len()));
    for place in 1..=count {
        let start = number(place).ok_or(Malformed("a short list of symbols"))?;
        let length = names.iter().position(|&byte| byte == 0).ok_or(Malformed("a name without an end"))?;
        let name = std::str::from_utf8(&names[..length]).map_err(|_| Malformed("a name that is no text"))?;
        entries.push((start, name));
        names = &names[length + 1..];
    }
    Ok(Index(entries))
}

impl Index<'_> {
    fn written(
        &self,
        width: usize,
        change: impl Fn(&Symbol<'_>) -> Option<Change>,
        moved: impl Fn(u64) -> u64,
    ) -> Vec<u8> {
        let number = |value: u64| value.to_be_bytes()[8 - width..].to_vec();
        let mut names = Vec::new();
        let mut starts = Vec::new();
        // Many symbols in a row have the same member.
        let mut last = (0, 0);
        for &(start, name) in &self.0 {
            let symbol = Symbol { entry: 0, name, is_defined: true, is_weak: false };
            let name = match change(&symbol) {
                None => name.to_owned(),
                Some(Change::Renamed(name)) => name,
                Some(Change::Imported(_)) => continue,
            };
            names.extend_from_slice(name.as_bytes());
            names.push(0);
            if last.0 != start {
                last = (start, moved(start));
            }
            starts.push(last.1);
        }
        let numbers = std::iter::once(starts.len() as u64).chain(starts);
        numbers.flat_map(number).chain(names).collect()
    }
}

struct Symbol<'a> {
    /// Where its entry in the table is.
    entry: usize,
    name: &'a str,
    is_defined: bool,
    is_weak: bool,
}

struct SymbolTable<'a> {
    symbols: Vec<Symbol<'a>>,
    names: &'a [u8],
    /// Where the header of the section with the names is.
    names_header: usize,
}

const SECTION_BYTES: usize = 64;
const SYMBOL_BYTES: usize = 24;
const SYMBOL_TABLE: u32 = 2;
const WEAK: u8 = 2;

fn u16_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// The symbols of an object; None for a member that is none.
fn symbols(object: &[u8]) -> Result<Option<SymbolTable<'_>>, Malformed> {
    // 64 bits, the lower byte first.
    if !object.starts_with(b"\x7fELF\x02\x01") {
        return Ok(None);
    }
    table(object).ok_or(Malformed("a section that is not there"))
}

/// The outer None is for a broken object.
fn table(object: &[u8]) -> Option<Option<SymbolTable<'_>>> {
    let headers = u64_at(object, 0x28)? as usize;
    // With very many sections, the first has their number.
    let count = match u16_at(object, 0x3C)? {
        0 => u64_at(object, headers.checked_add(0x20)?)?,
        count => count,
    } as usize;
    let header = |section: usize| headers.checked_add(section.checked_mul(SECTION_BYTES)?);
    let content = |at: usize| {
        let offset = u64_at(object, at.checked_add(0x18)?)? as usize;
        object.get(offset..offset.checked_add(u64_at(object, at + 0x20)? as usize)?)
    };
    for section in 0..count {
        let at = header(section)?;
        if u32_at(object, at + 4)? != SYMBOL_TABLE {
            continue;
        }
        let names_header = header(u32_at(object, at + 0x28)? as usize)?;
        let (names, entries) = (content(names_header)?, content(at)?);
        let base = u64_at(object, at + 0x18)? as usize;
        let mut symbols = Vec::with_capacity(entries.len() / SYMBOL_BYTES);
        for (place, entry) in entries.chunks_exact(SYMBOL_BYTES).enumerate() {
            let name = names.get(u32_at(entry, 0)? as usize..)?;
            let name = std::str::from_utf8(&name[..name.iter().position(|&byte| byte == 0)?]).ok()?;
            let (is_weak, is_defined) = (entry[4] >> 4 == WEAK, u16_at(entry, 6)? != 0);
            symbols.push(Symbol { entry: base + place * SYMBOL_BYTES, name, is_defined, is_weak });
        }
        return Some(Some(SymbolTable { symbols, names, names_header }));
    }
    Some(None)
}

/// An object, or whatever else a member is, with symbols renamed.
fn object(content: &[u8], change: impl Fn(&Symbol<'_>) -> Option<Change>) -> Result<Vec<u8>, Malformed> {
    let mut output = content.to_vec();
    let Some(table) = symbols(content)? else { return Ok(output) };
    let mut names = table.names.to_vec();
    for symbol in table.symbols.iter().filter(|symbol| !symbol.name.is_empty()) {
        let Some(change) = change(symbol) else { continue };
        let offset = u32::try_from(names.len()).map_err(|_| Malformed("too many names"))?;
        let entry = &mut output[symbol.entry..symbol.entry + SYMBOL_BYTES];
        let name = match change {
            Change::Renamed(name) => name,
            Change::Imported(name) => {
                // Nothing is left but the name, and whether it is weak: no type, section, address or size.
                let binding = entry[4] & 0xf0;
                entry.fill(0);
                entry[4] = binding;
                name
            }
        };
        entry[..4].copy_from_slice(&offset.to_le_bytes());
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    if names.len() > table.names.len() {
        let mut patch = |field: usize, value: usize| {
            let at = table.names_header + field;
            output[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
        };
        patch(0x18, content.len());
        patch(0x20, names.len());
        output.extend(names);
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object with a table of these symbols and nothing else, as (name, defined, weak).
    fn object_with(symbols: &[(&str, bool, bool)]) -> Vec<u8> {
        let (mut names, mut entries) = (vec![0], vec![0; SYMBOL_BYTES]);
        for &(name, defined, weak) in symbols {
            let mut entry = [0; SYMBOL_BYTES];
            entry[..4].copy_from_slice(&(names.len() as u32).to_le_bytes());
            entry[4] = if weak { 0x20 } else { 0x10 };
            entry[6] = defined.into();
            entries.extend(entry);
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        let mut object = b"\x7fELF\x02\x01".to_vec();
        object.resize(64, 0);
        object[0x28] = 64;
        object[0x3C] = 3;
        let mut section = |kind: u32, offset: usize, size: usize, link: u32| {
            let mut header = [0; SECTION_BYTES];
            header[4..8].copy_from_slice(&kind.to_le_bytes());
            header[0x18..0x20].copy_from_slice(&(offset as u64).to_le_bytes());
            header[0x20..0x28].copy_from_slice(&(size as u64).to_le_bytes());
            header[0x28..0x2C].copy_from_slice(&link.to_le_bytes());
            object.extend(header);
        };
        let begin = 64 + 3 * SECTION_BYTES;
        section(0, 0, 0, 0);
        section(SYMBOL_TABLE, begin, entries.len(), 2);
        section(3, begin + entries.len(), names.len(), 0);
        object.extend(entries);
        object.extend(names);
        object
    }

    fn archive_of(objects: &[(Vec<u8>, &[&str])]) -> Vec<u8> {
        let names: Vec<u8> = objects
            .iter()
            .flat_map(|(_, names)| *names)
            .flat_map(|name| [name.as_bytes(), b"\0"].concat())
            .collect();
        let count: usize = objects.iter().map(|(_, names)| names.len()).sum();
        let mut at = MAGIC.len() + HEADER_BYTES + 4 + 4 * count + names.len();
        at += at % 2;
        let mut list = (count as u32).to_be_bytes().to_vec();
        for (object, names) in objects {
            names.iter().for_each(|_| list.extend((at as u32).to_be_bytes()));
            at += HEADER_BYTES + object.len() + object.len() % 2;
        }
        list.extend(names);
        let mut archive = MAGIC.to_vec();
        let contents = std::iter::once(&list).chain(objects.iter().map(|(object, _)| object));
        for (number, content) in contents.enumerate() {
            let name = if number == 0 { "/".to_owned() } else { format!("{number}.o/") };
            archive.extend(format!("{name:<16}{:<32}{:<10}`\n", 0, content.len()).into_bytes());
            archive.extend(content);
            if content.len() % 2 == 1 {
                archive.push(b'\n');
            }
        }
        archive
    }

    /// The names of each object, and of the list with the place of the object that has each.
    fn names(archive: &[u8]) -> (Vec<Vec<String>>, Vec<(usize, String)>) {
        let members = members(archive).unwrap();
        let of = |member: &Member<'_>| {
            let table = symbols(member.content).unwrap().unwrap();
            let names = table.symbols.iter().skip(1).map(|symbol| symbol.name.to_owned());
            names.collect()
        };
        let list = index(members[0].content, 4).unwrap().0.into_iter().map(|(start, name)| {
            (members.iter().position(|member| member.start as u64 == start).unwrap(), name.to_owned())
        });
        (members[1..].iter().map(of).collect(), list.collect())
    }

    fn example() -> Vec<u8> {
        let ways = object_with(&[("__wrap_write", true, false), ("__wrap_read", true, false)]);
        let user = object_with(&[
            ("write", false, false),
            ("fwrite", false, false),
            ("read", true, false),
            ("newest", false, true),
            ("__newest", false, true),
            ("environ", false, false),
            ("ReadFile", true, false),
        ]);
        archive_of(&[(user, &["ReadFile", "read"]), (ways, &["__wrap_write", "__wrap_read"])])
    }

    #[test]
    fn references_to_libc_become_private_and_definitions_stay() {
        let hidden = hide(&example()).unwrap();
        let (objects, list) = names(&hidden);
        let user = [
            "longshore_libc_write",
            "fwrite",
            "read",
            "longshore_libc_newest",
            "__newest",
            "__environ",
            "ReadFile",
        ];
        assert_eq!(objects, [user.to_vec(), vec!["longshore_libc_write", "longshore_libc_read"]]);
        let expected =
            [(1, "ReadFile"), (1, "read"), (2, "longshore_libc_write"), (2, "longshore_libc_read")];
        assert_eq!(list, expected.map(|(member, name)| (member, name.to_owned())));
        assert!(hide(&hidden).unwrap() == hidden, "once is enough");
    }

    #[test]
    fn a_static_program_gets_the_names_back() {
        let plain = example();
        for archive in [&plain, &hide(&plain).unwrap()] {
            let revealed = reveal(archive).unwrap();
            let (objects, list) = names(&revealed);
            let environment = if archive == &plain { "environ" } else { "__environ" };
            assert_eq!(
                objects[0],
                ["write", "fwrite", "read", "newest", "__newest", environment, "ReadFile"]
            );
            assert_eq!(objects[1], ["write", "read"]);
            let ways = symbols(members(&revealed).unwrap()[2].content).unwrap().unwrap();
            assert!(ways.symbols.iter().all(|symbol| !symbol.is_defined), "libc's are meant");
            assert_eq!(list, [(1, "ReadFile".to_owned()), (1, "read".to_owned())]);
        }
    }

    #[test]
    fn what_is_no_archive_is_an_error_and_no_panic() {
        let whole = example();
        assert!(hide(b"").is_err() && hide(b"\x7fELF").is_err());
        for length in 0..whole.len() {
            let _ = hide(&whole[..length]);
        }
        for at in 8..whole.len() {
            let mut broken = whole.clone();
            broken[at] = 0xFF;
            let _ = hide(&broken);
        }
    }
}
