//! `abstract` and `sealed`, words that mean something only in a few places of a class.

use super::{Edit, Source};
use crate::compile::sources::lexer::Kind;

/// What may stand between a member function's `)` and its end.
fn is_specifier(word: &[u8]) -> bool {
    matches!(word, b"const" | b"volatile" | b"noexcept" | b"override" | b"final" | b"abstract" | b"sealed")
}

pub fn add(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    if index < 2 {
        return;
    }
    if heads_class(source, index) {
        let word = if source.is_word(index, b"sealed") { "final" } else { "" };
        edits.push(Edit::token(&source.tokens[index], word));
    } else if ends_member(source, index) {
        if source.is_word(index, b"sealed") {
            edits.push(Edit::token(&source.tokens[index], "final"));
        } else {
            // `= 0` comes last, whatever the order was.
            let last = (index..).take_while(|&at| is_specifier(source.bytes(at))).last().unwrap_or(index);
            if last == index {
                edits.push(Edit::token(&source.tokens[index], "= 0"));
            } else {
                edits.push(Edit::token(&source.tokens[index], ""));
                edits.push(Edit::insertion(source.tokens[last].end, " = 0"));
            }
        }
    }
}

/// `class Name abstract {`, `struct Name sealed : Base`.
fn heads_class(source: &Source<'_>, index: usize) -> bool {
    let mut at = index - 1;
    if matches!(source.bytes(at), b"abstract" | b"sealed") {
        at -= 1;
    }
    let named = source.tokens[at].kind == Kind::Word
        && at > 0
        && (matches!(source.bytes(at - 1), b"class" | b"struct") || source.is_sign(at - 1, b')'));
    let next = index + 1 + usize::from(matches!(source.bytes(index + 1), b"abstract" | b"sealed"));
    named
        && !is_specifier(source.bytes(at))
        && (source.is_sign(next, b'{') || source.is_sign(next, b':') && !source.is_sign(next + 1, b':'))
}

/// `) const abstract;`
fn ends_member(source: &Source<'_>, index: usize) -> bool {
    let before = (0..index).rev().find(|&at| !is_specifier(source.bytes(at)));
    let after = (index + 1..).find(|&at| !is_specifier(source.bytes(at)));
    let closed = before.is_some_and(|at| source.is_sign(at, b')'));
    let ended = after.and_then(|at| source.token(at)).map(|token| token.kind);
    match ended {
        Some(Kind::Sign(b';')) => closed,
        Some(Kind::Sign(b'{')) => closed && source.is_word(index, b"sealed"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten;

    #[test]
    fn abstract_members_are_pure() {
        let text = "virtual void f() abstract;\nvirtual int g(int) const abstract;\n";
        let expected = "virtual void f() = 0     ;\nvirtual int g(int) const = 0     ;\n";
        assert_eq!(rewritten(text).unwrap(), expected);
        assert_eq!(rewritten("void f() abstract override;").unwrap(), "void f()          override = 0;");
        assert_eq!(rewritten("void f() override abstract;").unwrap(), "void f() override = 0     ;");
    }

    #[test]
    fn sealed_is_final() {
        assert_eq!(rewritten("void f() override sealed { }").unwrap(), "void f() override final  { }");
        assert_eq!(rewritten("class A sealed : public B { };").unwrap(), "class A final  : public B { };");
    }

    #[test]
    fn an_abstract_class_is_a_class() {
        assert_eq!(rewritten("class A abstract { };").unwrap(), "class A          { };");
    }

    #[test]
    fn they_are_ordinary_names_everywhere_else() {
        for text in
            ["int abstract = 1; f(sealed);", "if (x) abstract = 2;", "class abstract { };", "a.abstract();"]
        {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }
}
