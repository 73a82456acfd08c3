//! The compiler's messages: they name the originals, with a hint where Longshore knows the cause.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use super::tree::{Reason, Suspect};
use crate::terminal;

/// Removes directories from a line: the scratch directory, so that a copy's path is its original's, and what
/// the full path of a file has in front of the name the user knows it by.
pub fn restored<'a>(line: &'a str, prefixes: &[String]) -> Cow<'a, str> {
    let mut line = Cow::Borrowed(line);
    for prefix in prefixes {
        if line.contains(prefix.as_str()) {
            line = Cow::Owned(line.replace(prefix.as_str(), ""));
        }
    }
    line
}

/// Headers of libraries that are Microsoft's, but no part of Win32 as Longshore has it.
const FOREIGN: [(&[&str], &str); 6] = [
    (&["atl", "cstringt.h"], "ATL, a library of Visual Studio that exists only for Windows"),
    (&["afx"], "MFC, a library of Visual Studio that exists only for Windows"),
    (&["wtl", "wrl", "winrt"], "the Windows Runtime, which exists only on Windows"),
    (&["d3d", "dxgi", "ddraw", "dsound", "dinput", "xaudio"], "DirectX, which exists only on Windows"),
    (&["com", "ole", "oaidl", "objbase", "unknwn", "wbem"], "COM, which Longshore does not provide"),
    (
        &[
            "ntddk", "wdm", "ntifs", "winsvc", "wincrypt", "bcrypt", "sspi", "schannel", "http.h", "winhttp",
            "wininet", "gdiplus", "richedit", "commctrl", "commdlg", "shlobj", "shlwapi",
        ],
        "a part of Windows outside of files, sockets, threads and memory, which Longshore does not provide",
    ),
];

/// Hints from the messages of one run.
#[derive(Default)]
pub struct Hints {
    sentences: BTreeSet<String>,
    /// For how many lines more a message counts as being about these.
    about_packets: u8,
    about_widths: u8,
}

/// A message, its excerpt of the source and its notes.
const MESSAGE_LINES: u8 = 8;

impl Hints {
    pub fn notice(&mut self, line: &str) {
        if let Some(header) = missing_header(line) {
            self.sentences.insert(about_header(header));
        }
        let line_has = |parts: &[&str]| parts.iter().all(|part| line.contains(part));
        let pointer_mismatch = line.contains("cannot convert")
            || line.contains("incompatible pointer")
            || line.contains("no known conversion")
            || line.contains("no matching function");
        let widths = line_has(&["LPDWORD", "PULONG_PTR"])
            || line_has(&["DWORD*", "PULONG_PTR"])
            || line_has(&["unsigned int*", "long unsigned int*"]);
        let count_down = |lines: u8, again: bool| if again { MESSAGE_LINES } else { lines.saturating_sub(1) };
        self.about_widths = count_down(self.about_widths, pointer_mismatch && widths);
        self.about_packets = count_down(self.about_packets, line.contains("GetQueuedCompletionStatus"));
        if self.about_widths > 0 && self.about_packets > 0 {
            self.say(
                "the completion key is as wide as a pointer (ULONG_PTR), and this code passes the address of a \
                 32-bit DWORD for it. That is right on 32-bit Windows only: declare the key as ULONG_PTR and drop \
                 the cast",
            );
        }
        if line.contains("-fpermissive") && line.contains("loses precision") && line.contains("error:") {
            self.say("a pointer does not fit into an integer of 32 bits: use ULONG_PTR or DWORD_PTR");
        }
        let undefined = between(line, "undefined reference to `", "'")
            .or_else(|| between(line, "undefined symbol: ", "\n"))
            .filter(|symbol| looks_like_win32(symbol));
        if let Some(symbol) = undefined {
            self.say(&format!(
                "{symbol} looks like a function of Windows that Longshore does not have (or of a .lib that was not \
                 given)"
            ));
        }
        if line.contains("no declarations were found by argument-dependent lookup")
            || line.contains("no arguments to") && line.contains("depend on a template parameter")
        {
            self.say(
                "gcc and clang look a name in a template up where it is written, the Microsoft compiler where the \
                 template is used: include or declare ahead of the template what it calls",
            );
        }
        let undeclared = between(line, "\u{2018}", "\u{2019} was not declared")
            .or_else(|| between(line, "'", "' was not declared"))
            .or_else(|| between(line, "use of undeclared identifier '", "'"));
        if let Some(name) = undeclared.filter(|name| looks_like_win32(name) && line.contains("error:")) {
            self.say(&format!(
                "if {name} is Windows', Longshore does not have it, or another header declares it there"
            ));
        }
        if line.contains("error:")
            && ["longshore_exception_", "longshore_abnormal_"].iter().any(|name| line.contains(name))
        {
            self.say(
                "GetExceptionCode is known in the filter of an __except and in its block, GetExceptionInformation in \
                 the filter, AbnormalTermination in a __finally block (Microsoft: C2707)",
            );
        }
        if line.contains("error:") && line.contains("longshore_leave_") {
            self.say("__leave is known in a __try block only (Microsoft: C2085)");
        }
        if line_has(&["error:", "\u{2018}format\u{2019} is not a member of \u{2018}std\u{2019}"])
            || line_has(&["no member named 'format' in namespace 'std'"])
        {
            self.say("std::format came with GCC 13: use a newer compiler (--compiler=g++-13)");
        }
    }

    /// A source that failed as a copy.
    pub fn rewritten(&mut self, source: &Path) {
        self.say(&format!(
            "{} was compiled from a copy with what only the Microsoft compiler takes rewritten. If a message looks \
             wrong, compare with --no-rewriting, or look at the copy: --keep=DIR",
            source.display()
        ));
    }

    pub fn suspect(&mut self, suspect: &Suspect) {
        let place = format!("{}:{}", suspect.file.display(), suspect.line);
        self.sentences.insert(match suspect.reason {
            Reason::Assembly => format!(
                "{place}: inline assembly of the Microsoft compiler (`__asm {{ }}`) cannot be translated; it exists \
                 for 32-bit x86 only. Write it in C, or with intrinsics"
            ),
            Reason::Unstructured => format!(
                "{place}: this __try could not be taken apart: its blocks have to be whole between preprocessor \
                 conditions, and outside of macros"
            ),
        });
    }

    fn say(&mut self, sentence: &str) {
        self.sentences.insert(sentence.to_owned());
    }

    pub fn print(&self) {
        for sentence in &self.sentences {
            terminal::remark(format_args!("hint: {sentence}"));
        }
    }
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &line[line.find(before)? + before.len()..];
    Some(&rest[..rest.find(after).unwrap_or(rest.len())])
}

/// The header of gcc's `x.h: No such file or directory` and clang's `'x.h' file not found`.
fn missing_header(line: &str) -> Option<&str> {
    let message = between(line, "fatal error: ", "\n")?;
    match message.split_once(": No such file") {
        Some((header, _)) => Some(header),
        None => between(message, "'", "' file not found"),
    }
}

fn about_header(header: &str) -> String {
    let lower = header.to_ascii_lowercase();
    let name = lower.rsplit(['/', '\\']).next().unwrap_or_default();
    match name {
        "stdafx.h" | "pch.h" | "framework.h" | "targetver.h" => format!(
            "{header} belongs to the program (its precompiled header); it is beside none of the sources and in no -I \
             directory. Name its directory: -I DIR"
        ),
        "format" | "print" | "expected" | "generator" | "stacktrace" | "mdspan" => {
            format!(
                "<{header}> is a standard header that this compiler is too old for: --compiler=g++-13 or later"
            )
        }
        _ => match FOREIGN.iter().find(|(starts, _)| starts.iter().any(|start| name.starts_with(start))) {
            Some((_, what)) => format!("{header} belongs to {what}"),
            None => format!(
                "{header} is neither in the program's directories nor in Longshore. If it is a library's, name its \
                 directory: -I DIR"
            ),
        },
    }
}

/// `CreateSomething`, `WSASomething`, `ERROR_SOMETHING`: the way Windows names things.
fn looks_like_win32(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let upper = name.bytes().filter(u8::is_ascii_uppercase).count();
    plain && name.len() > 4 && upper >= 2 && name.starts_with(|first: char| first.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(line: &str) -> String {
        let mut hints = Hints::default();
        hints.notice(line);
        hints.sentences.into_iter().collect()
    }

    #[test]
    fn a_copy_is_called_by_its_original() {
        let prefixes = ["/tmp/s".to_owned(), "/home/u/".to_owned()];
        assert_eq!(restored("/tmp/s/home/u/a.h:3: /home/u/b.h /usr/c.h", &prefixes), "a.h:3: b.h /usr/c.h");
    }

    #[test]
    fn missing_headers_are_explained() {
        assert!(hint("a.cpp:1:10: fatal error: atlbase.h: No such file or directory").contains("ATL"));
        assert!(hint("a.cpp:1:10: fatal error: 'afxwin.h' file not found").contains("MFC"));
        assert!(hint("a.cpp:1:10: fatal error: StdAfx.h: No such file or directory").contains("-I DIR"));
        assert!(hint("a.cpp:1:10: fatal error: mysql.h: No such file or directory").contains("neither"));
    }

    #[test]
    fn a_key_of_32_bits_is_explained() {
        let gcc = "a.cpp:9:1: error: cannot convert \u{2018}LPDWORD\u{2019} {aka \u{2018}unsigned int*\u{2019}} to \u{2018}PULONG_PTR\u{2019}";
        let call = "    9 |  GetQueuedCompletionStatus(port, &bytes, (LPDWORD)&key, &overlapped, INFINITE);";
        let hints = |lines: &[&str]| {
            let mut hints = Hints::default();
            lines.iter().for_each(|line| hints.notice(line));
            hints.sentences.into_iter().collect::<String>()
        };
        assert!(hints(&[gcc, call]).contains("ULONG_PTR"));
        assert_eq!(
            hints(&[gcc, "    9 |  GetProcessAffinityMask(process, &mask, &mask);"]),
            "",
            "another function's"
        );
    }

    #[test]
    fn ordinary_errors_get_no_hint() {
        for line in [
            "a.cpp:1:1: error: \u{2018}x\u{2019} was not declared in this scope",
            "a.cpp:1:1: error: expected \u{2018};\u{2019}",
            "undefined reference to `foo'",
        ] {
            assert_eq!(hint(line), "", "{line}");
        }
    }
}
