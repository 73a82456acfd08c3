//! `__FUNCTION__` next to a string literal.
//!
//! For the Microsoft compiler it is a literal, for gcc a variable. Widened (`L##__FUNCTION__`,
//! `_T(__FUNCTION__)`) a macro of `longshore/abi/msvc.h` serves; where literals are pasted together,
//! the name has to be written out.

use super::{Edit, Source};
use crate::compile::sources::lexer::{Kind, Token};

pub fn add(source: &Source<'_>, edits: &mut Vec<Edit>) {
    let mut depth = 0_usize;
    // The function around, and the depth of its braces.
    let mut function: Option<(String, usize)> = None;
    let code: Vec<usize> = (0..source.tokens.len()).filter(|&at| !source.tokens[at].in_directive).collect();
    for (position, &index) in code.iter().enumerate() {
        let token = &source.tokens[index];
        match token.kind {
            Kind::Sign(b'{') => {
                depth += 1;
                if function.is_none() {
                    function = name_before(source, &code[..position]).map(|name| (name, depth));
                }
            }
            Kind::Sign(b'}') => {
                if function.as_ref().is_some_and(|(_, at)| *at == depth) {
                    function = None;
                }
                depth = depth.saturating_sub(1);
            }
            Kind::Word if token.bytes(source.text) == b"__FUNCTION__" => {
                if let Some((name, _)) = &function {
                    edits.extend(literal(source, &code, position, name));
                }
            }
            _ => {}
        }
    }
}

/// Macros that make a literal of the current width, or a wide one.
fn widens(word: &[u8]) -> bool {
    matches!(word, b"_T" | b"TEXT" | b"_TEXT" | b"__T" | b"__TEXT" | b"_CRT_WIDE" | b"__CRT_WIDE")
}

fn literal(source: &Source<'_>, code: &[usize], position: usize, name: &str) -> Option<Edit> {
    let token = &source.tokens[code[position]];
    let at =
        |index: Option<usize>| index.and_then(|index| code.get(index)).map(|&index| &source.tokens[index]);
    let text = |token: Option<&Token>| token.is_some_and(|token| token.kind == Kind::Text);
    let word = |token: Option<&Token>| token.map_or(&b""[..], |token| token.bytes(source.text));
    let sign = |token: Option<&Token>, sign: u8| token.is_some_and(|token| token.is_sign(sign));
    let wrapped = position >= 2
        && sign(at(Some(position - 1)), b'(')
        && widens(word(at(Some(position - 2))))
        && sign(at(Some(position + 1)), b')');
    let (before, after) = if wrapped {
        (position.checked_sub(3), position + 2)
    } else {
        (position.checked_sub(1), position + 1)
    };
    // `_T("a") _T(__FUNCTION__)`: the neighbour is a call of such a macro.
    let macro_before = wrapped
        && sign(at(before), b')')
        && before.is_some_and(|before| before >= 3 && widens(word(at(Some(before - 3)))));
    let macro_after = wrapped && widens(word(at(Some(after))));
    let pasted = text(at(before)) || text(at(Some(after))) || macro_before || macro_after;
    pasted.then(|| Edit::token(token, &format!("\"{name}\"")))
}

/// The function whose body opens after `code`, as its definition names it.
fn name_before(source: &Source<'_>, code: &[usize]) -> Option<String> {
    // Back to the end of the statement before.
    let start = code
        .iter()
        .rposition(|&index| matches!(source.tokens[index].kind, Kind::Sign(b';' | b'}' | b'{')))
        .map_or(0, |position| position + 1);
    let head = &code[start..];
    let mut depth = 0_usize;
    for (position, &index) in head.iter().enumerate() {
        match source.tokens[index].kind {
            Kind::Sign(b'(') => {
                if depth == 0 && position > 0 {
                    let before = head[position - 1];
                    let word = source.bytes(before);
                    if source.tokens[before].kind == Kind::Word && !takes_arguments(word) {
                        return Some(qualified(source, &head[..position]));
                    }
                }
                depth += 1;
            }
            Kind::Sign(b')') => depth = depth.saturating_sub(1),
            Kind::Sign(b'=') if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Words before a parenthesis that are not the name of the function.
fn takes_arguments(word: &[u8]) -> bool {
    let keywords: [&[u8]; 12] = [
        b"__declspec",
        b"_declspec",
        b"__attribute__",
        b"alignas",
        b"decltype",
        b"noexcept",
        b"throw",
        b"requires",
        b"extern",
        b"if",
        b"while",
        b"switch",
    ];
    keywords.contains(&word)
}

/// `Class::~name` at the end of `head`.
fn qualified(source: &Source<'_>, head: &[usize]) -> String {
    let mut start = head.len() - 1;
    while start > 0 {
        let sign = |at: usize, byte: u8| source.is_sign(head[at], byte);
        if sign(start - 1, b'~') {
            start -= 1;
        } else if start >= 3 && sign(start - 1, b':') && sign(start - 2, b':') {
            start -= 3;
        } else {
            break;
        }
    }
    head[start..].iter().map(|&index| String::from_utf8_lossy(source.bytes(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten;

    #[test]
    fn the_name_is_written_out_where_literals_are_pasted() {
        let text = "int Server::Start(int a) {\n  log(\"[\" __FUNCTION__ \"] x\"); plain(__FUNCTION__);\n}\n";
        let expected =
            "int Server::Start(int a) {\n  log(\"[\" \"Server::Start\" \"] x\"); plain(__FUNCTION__);\n}\n";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn constructors_and_blocks_inside_keep_the_name() {
        let text =
            "namespace n { class A { A(int x) : a(x) { if (x) { log(__FUNCTION__ \" %d\", x); } } }; }";
        assert!(
            rewritten(text).unwrap().contains("log(\"A\"          \" %d\""),
            "{}",
            rewritten(text).unwrap()
        );
    }

    #[test]
    fn generic_text_macros_are_seen_through() {
        let text = "void f() { log(_T(\"in \") _T(__FUNCTION__)); }";
        assert_eq!(rewritten(text).unwrap(), "void f() { log(_T(\"in \") _T(\"f\"         )); }");
        assert_eq!(rewritten("void f() { log(_T(__FUNCTION__)); }"), None);
    }
}
