//! Templates that only the Microsoft compiler takes.
//!
//! - `T::iterator it` without `typename` can only be a declaration: two names in a row are no
//!   expression. So where the qualified name depends on a template parameter of the file and a name
//!   follows, `typename` is put in front.
//! - `Pool<typename T, 3>`, an argument written like a parameter, loses its `typename`.
//! - A member template whose parameter has the name of the class template's gets another name for it.

use std::collections::HashSet;

use super::{Edit, Source};
use crate::compile::sources::lexer::Kind;

/// `template <...>`, as token indices.
struct Head {
    /// Of the `<`.
    open: usize,
    /// Of the `>`.
    close: usize,
    /// Of the names.
    parameters: Vec<usize>,
    /// The last token of what is declared.
    end: usize,
}

pub fn add(source: &Source<'_>, edits: &mut Vec<Edit>) {
    let heads = heads(source);
    let parameters: HashSet<&[u8]> =
        heads.iter().flat_map(|head| &head.parameters).map(|&index| source.bytes(index)).collect();
    if parameters.is_empty() {
        return;
    }
    let shadowed = shadowed(source, &heads);
    for &(index, ref name) in &shadowed {
        edits.push(Edit {
            start: source.tokens[index].start,
            end: source.tokens[index].end,
            replacement: name.clone(),
        });
    }
    let in_head = |index: usize| heads.iter().any(|head| head.open < index && index < head.close);
    let mut index = 0;
    while index < source.tokens.len() {
        // The lines of a macro are no declarations yet.
        if source.tokens[index].in_directive {
            index += 1;
            continue;
        }
        let starts = source.tokens[index].kind == Kind::Word && may_start(source, index);
        let end = if starts { dependent_type(source, index, &parameters) } else { None };
        if let Some(end) = end {
            edits.push(Edit::insertion(source.tokens[index].start, "typename "));
            index = end;
            continue;
        }
        if source.is_word(index, b"typename")
            && parameters.contains(source.bytes(index + 1))
            && (source.is_sign(index + 2, b',') || source.is_sign(index + 2, b'>'))
            && !in_head(index)
            && is_argument(source, index)
        {
            edits.push(Edit::token(&source.tokens[index], ""));
        }
        index += 1;
    }
}

/// Whether brackets prove a token to be within the arguments of a template: back to a `<` that a name is in
/// front of, with nothing between that has no place there. In `CT((size > 1), typename T)` a macro may make a
/// head of it.
fn is_argument(source: &Source<'_>, index: usize) -> bool {
    let (mut angles, mut parentheses) = (0_usize, 0_usize);
    for at in (1..index).rev() {
        match source.tokens[at].kind {
            Kind::Sign(b')') => parentheses += 1,
            Kind::Sign(b'(') if parentheses == 0 => return false,
            Kind::Sign(b'(') => parentheses -= 1,
            Kind::Sign(b'>') if parentheses == 0 => angles += 1,
            Kind::Sign(b'<') if parentheses == 0 && angles > 0 => angles -= 1,
            Kind::Sign(b'<') if parentheses == 0 => {
                return source.tokens[at - 1].kind == Kind::Word && !source.is_word(at - 1, b"template");
            }
            Kind::Sign(b';' | b'{' | b'}') | Kind::Directive | Kind::DirectiveEnd => return false,
            _ => {}
        }
    }
    false
}

fn heads(source: &Source<'_>) -> Vec<Head> {
    let mut heads = Vec::new();
    for index in 0..source.tokens.len() {
        if !source.is_word(index, b"template")
            || !source.is_sign(index + 1, b'<')
            || source.tokens[index].in_directive
        {
            continue;
        }
        let open = index + 1;
        let mut depth = 0_i32;
        let mut parameters = Vec::new();
        let close = (open..source.tokens.len()).find(|&at| {
            depth += i32::from(source.is_sign(at, b'<')) - i32::from(source.is_sign(at, b'>'));
            if depth == 1 && matches!(source.bytes(at), b"class" | b"typename") {
                let dots = (at + 1..at + 4).take_while(|&dot| source.is_sign(dot, b'.')).count();
                let name = at + 1 + dots;
                if source.token(name).is_some_and(|token| token.kind == Kind::Word)
                    && !source.is_sign(name + 1, b':')
                {
                    parameters.push(name);
                }
            }
            depth == 0
        });
        let Some(close) = close else { continue };
        heads.push(Head { open, close, parameters, end: declaration_end(source, close + 1) });
    }
    heads
}

/// The `;` or the `}` that ends the declaration that starts here.
fn declaration_end(source: &Source<'_>, start: usize) -> usize {
    let mut depth = 0_i32;
    for at in start..source.tokens.len() {
        match source.tokens[at].kind {
            _ if source.tokens[at].in_directive => {}
            Kind::Sign(b'{' | b'(') => depth += 1,
            Kind::Sign(b')') => depth -= 1,
            Kind::Sign(b'}') => {
                depth -= 1;
                // `A() : a{1} { }` goes on after the first one.
                let goes_on =
                    matches!(source.token(at + 1).map(|token| token.kind), Some(Kind::Sign(b'{' | b',')));
                if depth <= 0 && !goes_on {
                    return at;
                }
            }
            Kind::Sign(b';') if depth <= 0 => return at,
            _ => {}
        }
    }
    source.tokens.len().saturating_sub(1)
}

/// The tokens that name an inner parameter of an outer one's name, and what they become.
fn shadowed(source: &Source<'_>, heads: &[Head]) -> Vec<(usize, String)> {
    let mut renamed = Vec::new();
    for inner in heads {
        let outer = heads.iter().filter(|outer| {
            let class = matches!(source.bytes(outer.close + 1), b"class" | b"struct" | b"union");
            class && outer.close < inner.open && inner.end < outer.end
        });
        // `template <class T> template <class T> void A<T>::f()` names two levels of one declaration.
        let outer: Vec<&Head> = outer.filter(|outer| !source.is_word(outer.close + 1, b"template")).collect();
        for &parameter in &inner.parameters {
            let name = source.bytes(parameter);
            if outer.iter().any(|outer| outer.parameters.iter().any(|&at| source.bytes(at) == name)) {
                let own = format!("{}_inner_", String::from_utf8_lossy(name));
                let member = |at: usize| {
                    let ends = |a: u8, b: u8| source.is_sign(at - 1, b) && source.is_sign(at - 2, a);
                    // `...T` is no member access.
                    let dot = source.is_sign(at - 1, b'.') && !source.is_sign(at - 2, b'.');
                    dot || ends(b'-', b'>') || ends(b':', b':')
                };
                let uses = (inner.open..=inner.end)
                    .filter(|&at| source.is_word(at, name) && !source.tokens[at].in_directive && !member(at));
                renamed.extend(uses.map(|at| (at, own.clone())));
            }
        }
    }
    renamed.sort();
    renamed.dedup_by_key(|(at, _)| *at);
    renamed
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

/// What follows a declared name; a definition of `Class<T>::member f(` is an
/// ordinary one and has its typename.
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
    fn an_inner_parameter_of_the_same_name_gets_another() {
        let text = "template <class T> struct P { T t; template <typename T, typename... A> static T* m(A&&... a) { return new T(a...); } T u; };";
        let expected = "template <class T> struct P { T t; template <typename T_inner_, typename... A> static T_inner_* m(A&&... a) { return new T_inner_(a...); } T u; };";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn an_argument_written_like_a_parameter_loses_its_typename() {
        let text = "template <typename T, int N> class P<typename T, N> { };";
        assert_eq!(rewritten(text).unwrap(), "template <typename T, int N> class P<         T, N> { };");
        let text = "template <typename T> struct A : B<C<int>, (1 > 0), typename T> { };";
        assert_eq!(
            rewritten(text).unwrap(),
            "template <typename T> struct A : B<C<int>, (1 > 0),          T> { };"
        );
    }

    #[test]
    fn a_macro_that_makes_a_head_is_left_alone() {
        for text in [
            "template <typename T> struct A; CT((1 < 2), typename T) struct S { };",
            "template <typename T> struct A; CT((sizeof(T) > 1), typename T, typename U) void f();",
            "template <typename T> struct A; HEAD(typename T, int N) void f();",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_dependent_type_is_left() {
        for text in [
            "template <class C> void f() { C::run(); C::count = 1; std::vector<int>::iterator i; typename C::a b; }",
            "void f() { C::iterator it; }",
            "template <class T> T g(T a) { return T::make(a); }",
            "template <class T> void A<T>::f() { }",
            "template <class T> void f();\n#define X(t) \\\n  template <typename T> \\\n  struct S<t, T> { T::a b; };\n",
            "template <class T> void f(T); template <class T> void g(T); template <template <class T> class C> void h();",
            "template <class T> template <class U> void A<T>::f(U u) { } template <class T> struct B { T t; };",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
