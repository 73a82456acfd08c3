//! Names of glibc that a program uses for functions, types or variables of its own.
//!
//! The headers of a Linux system declare much that neither the standard nor Windows has: `getline`, `index`,
//! `setenv`, `ssize_t`. A program for Windows may use these names for what it likes. Where one does, glibc's
//! is declared under another name in that compilation (`build/prelude.rs`). Where none does, nothing is
//! hidden: programs that know Linux find what they look for.
//!
//! It is enough to look for declarations outside of functions and classes. Sometimes this finds one too many
//! (in another namespace, or under a condition that is false). Then glibc's function of that name is hidden,
//! which such a program does not use.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use super::lexer::{Kind, Source};

static GLIBC: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("glibc_names.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// Words before a name that do not begin its declaration.
const NO_TYPES: [&[u8]; 11] = [
    b"return",
    b"goto",
    b"case",
    b"else",
    b"struct",
    b"class",
    b"union",
    b"enum",
    b"namespace",
    b"new",
    b"throw",
];

/// The names of glibc's that this file declares, or defines as macros.
pub fn declared(source: &Source<'_>) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    // What surrounds the place: bodies of functions and classes; `extern "C" {` and namespaces do not count.
    let mut open = Vec::new();
    let mut parentheses = 0_usize;
    let mut before = usize::MAX;
    for (index, token) in source.tokens.iter().enumerate() {
        if token.in_directive {
            let defines = || source.is_word(index - 1, b"define") && index >= 2;
            if token.kind == Kind::Word && index > 0 && defines() {
                found.extend(known(token.bytes(source.text)));
            }
            continue;
        }
        match token.kind {
            Kind::Sign(b'(') => parentheses += 1,
            Kind::Sign(b')') => parentheses = parentheses.saturating_sub(1),
            Kind::Sign(b';') => parentheses = 0,
            Kind::Sign(b'{') => open.push(is_transparent(source, before)),
            // Both branches of a condition may have opened one that is closed once: what starts its line
            // closes all.
            Kind::Sign(b'}') if source.column(token.start) == 0 && !open.contains(&true) => open.clear(),
            Kind::Sign(b'}') => drop(open.pop()),
            Kind::Word if parentheses == 0 && open.iter().all(|&transparent| transparent) => {
                let is_declared = follows_type(source, before) && ends_declarator(source, index + 1);
                found.extend(known(token.bytes(source.text)).filter(|_| is_declared));
            }
            _ => {}
        }
        before = index;
    }
    found
}

fn known(word: &[u8]) -> Option<&'static str> {
    GLIBC.get(std::str::from_utf8(word).ok()?).copied()
}

/// Whether a brace after this token opens a namespace or `extern "C"`.
fn is_transparent(source: &Source<'_>, before: usize) -> bool {
    let Some(token) = source.token(before) else { return false };
    let previous = before.wrapping_sub(1);
    match token.kind {
        Kind::Text => source.is_word(previous, b"extern"),
        Kind::Word => source.is_word(before, b"namespace") || source.is_word(previous, b"namespace"),
        _ => false,
    }
}

/// A word or a sign that a type may end with.
fn follows_type(source: &Source<'_>, before: usize) -> bool {
    source.token(before).is_some_and(|token| match token.kind {
        Kind::Word => !NO_TYPES.contains(&token.bytes(source.text)),
        Kind::Sign(b'>') => !source.is_sign(before.wrapping_sub(1), b'-'),
        Kind::Sign(sign) => matches!(sign, b'*' | b'&' | b','),
        _ => false,
    })
}

fn ends_declarator(source: &Source<'_>, after: usize) -> bool {
    let signs = [b'(', b';', b',', b'=', b'['];
    signs.iter().any(|&sign| source.is_sign(after, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::sources::lexer;

    fn names(text: &str) -> Vec<&'static str> {
        let tokens = lexer::tokens(text.as_bytes());
        declared(&Source { text: text.as_bytes(), tokens: &tokens }).into_iter().collect()
    }

    #[test]
    fn functions_types_variables_and_macros_are_seen() {
        assert_eq!(names("static int getline(char* to, int room) { return 0; }"), ["getline"]);
        assert_eq!(names("extern \"C\" {\nchar *strsep(char **s, const char *d);\n}"), ["strsep"]);
        assert_eq!(
            names("namespace a { long random(); }\nint setenv(const char*, const char*, int);"),
            ["random", "setenv"]
        );
        assert_eq!(
            names("typedef int ssize_t, pid_t;\nstatic int index = 0, y1[4];"),
            ["index", "pid_t", "ssize_t", "y1"]
        );
        assert_eq!(names("#define close _close\n#define unlink(x) _unlink(x)"), ["close", "unlink"]);
        assert_eq!(
            names("void f() {\n#if A\n if (x) {\n#else\n if (y) {\n#endif\n }\n}\nint ffs(int);"),
            ["ffs"]
        );
    }

    #[test]
    fn uses_and_members_are_none() {
        for text in [
            "int main() { char* s = strsep(&p, d); random(); return index; }",
            "struct S { int index; int read(void*); };\nclass C { public: void close(); };",
            "int x = random();\nint f(int a, int index);\nint y = a->index;",
            "void S::close() { }\nint S::read(int) { return 0; }",
            "#if defined index\n#undef index\n#endif\n#include <index>\n",
            "// int getline(int);\nconst char* t = \"int getline(int);\";",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
