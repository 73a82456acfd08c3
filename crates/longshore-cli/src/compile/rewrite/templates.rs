//! `typename`, where the Microsoft compiler does without.
//!
//! `T::iterator it` can only be a declaration: two names in a row are no expression. So where the qualified name
//! depends on a template parameter of the file and a name follows, `typename` is put in front.

use std::collections::HashSet;

use super::{Edit, Source};
use crate::compile::lexer::Kind;

pub fn add(source: &Source<'_>, edits: &mut Vec<Edit>) {
    let parameters = parameters(source);
    if parameters.is_empty() {
        return;
    }
    let mut index = 0;
    while index < source.tokens.len() {
        let starts = source.tokens[index].kind == Kind::Word && may_start(source, index);
        let end = if starts { dependent_type(source, index, &parameters) } else { None };
        match end {
            Some(end) => {
                edits.push(Edit::insertion(source.tokens[index].start, "typename "));
                index = end;
            }
            None => index += 1,
        }
    }
}

/// The names after `class` and `typename` in template parameter lists.
fn parameters<'a>(source: &Source<'a>) -> HashSet<&'a [u8]> {
    let mut names = HashSet::new();
    for index in 0..source.tokens.len() {
        if !source.is_word(index, b"template") || !source.is_sign(index + 1, b'<') {
            continue;
        }
        let mut depth = 0_i32;
        for at in index + 1..source.tokens.len() {
            depth += i32::from(source.is_sign(at, b'<')) - i32::from(source.is_sign(at, b'>'));
            if depth <= 0 {
                break;
            }
            if matches!(source.bytes(at), b"class" | b"typename")
                && source.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Word)
            {
                names.insert(source.bytes(at + 1));
            }
        }
    }
    names
}

/// Where a statement or a parameter begins.
fn may_start(source: &Source<'_>, index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return false };
    let token = &source.tokens[before];
    match token.kind {
        Kind::Sign(b';' | b'{' | b'}' | b'(') => true,
        Kind::Word => matches!(token.bytes(source.text), b"const" | b"static"),
        _ => false,
    }
}

/// The index after `A::B<T>::c` if that is a dependent name with a plain name after it.
fn dependent_type(source: &Source<'_>, index: usize, parameters: &HashSet<&[u8]>) -> Option<usize> {
    let mut at = index;
    let mut dependent = false;
    let mut components = 0;
    loop {
        if source.token(at)?.kind != Kind::Word {
            return None;
        }
        components += 1;
        let word = source.bytes(at);
        let last_dependent = dependent;
        dependent |= parameters.contains(word);
        at += 1;
        if source.is_sign(at, b'<') {
            let mut depth = 0_i32;
            let start = at;
            while at == start || depth > 0 {
                let token = source.token(at)?;
                match token.kind {
                    Kind::Sign(b'<') => depth += 1,
                    Kind::Sign(b'>') => depth -= 1,
                    Kind::Word => dependent |= parameters.contains(token.bytes(source.text)),
                    Kind::Sign(b':' | b',' | b'*' | b'&') => {}
                    _ => return None,
                }
                at += 1;
            }
            // `A::f<T>(x)`: ends in a template, not in a type of it.
            if !source.is_sign(at, b':') {
                return None;
            }
        }
        if source.is_sign(at, b':') && source.is_sign(at + 1, b':') {
            at += 2;
            continue;
        }
        let named = source.token(at)?.kind == Kind::Word && !is_operator(source.bytes(at));
        // `T x` needs nothing, and neither does `A::T`.
        return (components > 1 && last_dependent && named && ends_declarator(source, at + 1)).then_some(at);
    }
}

fn is_operator(word: &[u8]) -> bool {
    matches!(word, b"and" | b"or" | b"operator" | b"const" | b"xor" | b"not_eq" | b"bitand" | b"bitor")
}

/// What follows a declared name; a definition of `Class<T>::member f(` is an ordinary one and has its typename.
fn ends_declarator(source: &Source<'_>, index: usize) -> bool {
    matches!(
        source.token(index).map(|token| token.kind),
        Some(Kind::Sign(b'=' | b';' | b',' | b')' | b'(' | b'{' | b':'))
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten;

    #[test]
    fn dependent_types_get_their_typename() {
        let text = "template <class C> void f(C& c) { for (C::iterator it = c.begin(); ; ) ; std::map<int, C>::iterator i; }";
        let expected = "template <class C> void f(C& c) { for (typename C::iterator it = c.begin(); ; ) ; typename std::map<int, C>::iterator i; }";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_dependent_type_is_left() {
        for text in [
            "template <class C> void f() { C::run(); C::count = 1; std::vector<int>::iterator i; typename C::a b; }",
            "void f() { C::iterator it; }",
            "template <class T> T g(T a) { return T::make(a); }",
            "template <class T> void A<T>::f() { }",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
