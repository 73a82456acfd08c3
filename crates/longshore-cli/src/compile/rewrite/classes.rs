//! Base classes: `__super`, and `std::exception` with a text.
//!
//! `__super::f()` is the base's `f`. gcc has no such word, so every class that has a base names it:
//! `longshore_super_` is what `__super` becomes, and a type of that name is put into the class. A class may
//! be in another file than its members, so what a class head would need is noted here and done in all files
//! once one of them says `__super`.
//!
//! `std::exception("text")` is Microsoft's constructor. A class of that kind is in
//! `longshore/abi/msvc.h`; it takes the place of `std::exception` where one is made with a text and,
//! again in all files, where it is a base.

use super::{Edit, Plan, Source};
use crate::compile::sources::lexer::Kind;

/// At `class` or `struct`: notes what its head needs if a file asks for it.
pub fn note(source: &Source<'_>, index: usize, plan: &mut Plan) {
    let Some(colon) = base_clause(source, index) else { return };
    let mut depth = 0_usize;
    let mut first: Option<String> = None;
    let mut base = String::new();
    for at in colon + 1..source.tokens.len() {
        let token = &source.tokens[at];
        let bytes = token.bytes(source.text);
        match token.kind {
            Kind::Sign(b'<' | b'(') => depth += 1,
            Kind::Sign(b'>' | b')') => depth = depth.saturating_sub(1),
            Kind::Sign(b';') | Kind::Directive => return,
            Kind::Sign(b',') if depth == 0 => {
                first.get_or_insert(std::mem::take(&mut base));
                base.clear();
                continue;
            }
            Kind::Sign(b'{') if depth == 0 => {
                let first = first.unwrap_or(base);
                if !first.is_empty() {
                    let name = format!(" typedef {} longshore_super_;", first.trim());
                    plan.super_heads.push(Edit::insertion(token.end, &name));
                }
                return;
            }
            Kind::Word if matches!(bytes, b"public" | b"protected" | b"private" | b"virtual") => continue,
            Kind::Word if bytes == b"exception" && depth == 0 => {
                plan.exception_bases.extend(standard_exception(source, at));
            }
            _ => {}
        }
        if token.kind == Kind::Word && base.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
            base.push(' ');
        }
        base.push_str(&String::from_utf8_lossy(bytes));
    }
}

/// The colon of `class Name : bases {`.
fn base_clause(source: &Source<'_>, index: usize) -> Option<usize> {
    if source.tokens[index].in_directive || (index > 0 && source.is_word(index - 1, b"enum")) {
        return None;
    }
    let mut at = index + 1;
    loop {
        let token = source.token(at)?;
        match token.kind {
            Kind::Word => at += 1,
            // __declspec(...), alignas(...)
            Kind::Sign(b'(') => {
                at = (at..source.tokens.len()).find(|&at| source.is_sign(at, b')'))? + 1;
            }
            Kind::Sign(b':') if source.is_sign(at + 1, b':') => at += 2,
            // A specialisation: up to the angle bracket that closes it.
            Kind::Sign(b'<') if at > index + 1 => {
                let mut depth = 0_i32;
                at = (at..source.tokens.len()).find(|&at| {
                    depth += i32::from(source.is_sign(at, b'<')) - i32::from(source.is_sign(at, b'>'));
                    depth == 0
                })? + 1;
            }
            Kind::Sign(b':') if at > index + 1 => return Some(at),
            _ => return None,
        }
    }
}

/// `__super` itself.
pub fn super_word(source: &Source<'_>, index: usize, plan: &mut Plan) {
    if source.is_sign(index + 1, b':') {
        plan.edits.push(Edit::token(&source.tokens[index], "longshore_super_"));
        plan.uses_super = true;
    }
}

/// `std::exception(text)`, as an expression or to initialise a base.
pub fn exception_word(source: &Source<'_>, index: usize, plan: &mut Plan) {
    let called = source.is_sign(index + 1, b'(') && !source.is_sign(index + 2, b')');
    // `exception(const exception&)` declares a constructor.
    let declares = matches!(source.bytes(index + 2), b"const" | b"void" | b"exception" | b"std");
    let start = if qualified(source, index) { index - 3 } else { index };
    let made = start > 0
        && (matches!(source.bytes(start - 1), b"throw" | b"return" | b"make_exception_ptr" | b"new")
            || matches!(source.tokens[start - 1].kind, Kind::Sign(b':' | b',' | b'(' | b'=')));
    // A copy of another exception is standard C++.
    let copies = (index + 2..source.tokens.len())
        .take_while(|&at| !matches!(source.tokens[at].kind, Kind::Sign(b';' | b'{')))
        .any(|at| matches!(source.bytes(at), b"exception" | b"static_cast" | b"other" | b"rhs"));
    if called && !declares && made && !copies {
        plan.edits.extend(standard_exception(source, index));
        plan.makes_exceptions = true;
    }
}

fn qualified(source: &Source<'_>, index: usize) -> bool {
    index >= 3
        && source.is_sign(index - 1, b':')
        && source.is_sign(index - 2, b':')
        && source.is_word(index - 3, b"std")
}

fn standard_exception(source: &Source<'_>, index: usize) -> Option<Edit> {
    let start = if qualified(source, index) {
        source.tokens[index - 3].start
    } else if index > 0 && source.is_sign(index - 1, b':') && source.is_sign(index.wrapping_sub(2), b':') {
        // Another class.
        return None;
    } else {
        source.tokens[index].start
    };
    Some(Edit { start, end: source.tokens[index].end, replacement: "::longshore::exception".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{rewritten, rewritten_wholly};

    #[test]
    fn every_class_names_its_first_base_for_super() {
        let text = "class A : public n::B<int, 2>, private C { void f() { __super::f(); } };";
        let expected = "class A : public n::B<int, 2>, private C { typedef n::B<int,2> longshore_super_; \
                        void f() { longshore_super_::f(); } };";
        assert_eq!(rewritten_wholly(text).unwrap(), expected);
        assert_eq!(rewritten("class A : public B { }; struct C; class D { int x : 3; };"), None);
    }

    #[test]
    fn an_exception_with_a_text_is_longshores() {
        assert_eq!(
            rewritten("throw std::exception(\"x\");").unwrap(),
            "throw ::longshore::exception(\"x\");"
        );
        let text = "struct E : std::exception { E(const char* t) : std::exception(t) { } };";
        let expected =
            "struct E : ::longshore::exception { E(const char* t) : ::longshore::exception(t) { } };";
        assert_eq!(rewritten_wholly(text).unwrap(), expected);
    }

    #[test]
    fn other_exceptions_stay() {
        for text in [
            "catch (const std::exception& e) { }",
            "throw my::exception(\"x\");",
            "throw std::exception();",
            "E(const E& e) : std::exception(static_cast<const std::exception&>(e)) { }",
            "struct exception { exception(const char* text); };",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
