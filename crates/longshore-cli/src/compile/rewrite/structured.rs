//! `__try` with `__except` or `__finally`.
//!
//! Neither can be a macro: libstdc++ defines and uses a `__try` of its own, and both are statements whose
//! parts belong together. So words are put around the parts; what they mean is in `longshore/abi/msvc.h`.
//!
//! - `__try B __except (filter) H` becomes `{ LONGSHORE_TRY_EXCEPT_ B LONGSHORE_FILTER_ (filter)
//!   LONGSHORE_HANDLER_ H LONGSHORE_END_ }`.
//! - `__try B __finally F` becomes `{ LONGSHORE_TRY_FINALLY_ B LONGSHORE_FINALLY_ F LONGSHORE_FINISHED_ }`.
//! - Where B may say `__leave`, `LONGSHORE_LABEL_` and `LONGSHORE_LEFT_` stand at its beginning and its end.
//!   They are left out elsewhere, because a label looks as if it were reached.
//! - The function around is put between `LONGSHORE_TRIES_` and `LONGSHORE_TRIED_`, which turn optimisation
//!   off: a fault can interrupt it anywhere, and its variables must be in memory then.

use std::collections::BTreeSet;

use super::{Edit, Plan, Source};
use crate::compile::sources::lexer::{Kind, Token};

pub fn add(source: &Source<'_>, plan: &mut Plan) {
    let brackets = Brackets::of(source);
    let mut functions = BTreeSet::new();
    for index in 0..source.tokens.len() {
        if !source.is_word(index, b"__try") {
            continue;
        }
        if take_apart(source, &brackets.closing, index, plan).is_some() {
            functions.extend(brackets.function_around(source, index));
        } else {
            plan.unstructured_line.get_or_insert_with(|| source.line(source.tokens[index].start));
        }
    }
    plan.tries = !functions.is_empty();
    for open in functions {
        plan.edits.push(Edit::insertion(brackets.ahead(source, open), "LONGSHORE_TRIES_ "));
        plan.edits.push(Edit::insertion(brackets.behind(source, open), " LONGSHORE_TRIED_"));
    }
    plan.leaves_in_macro = (0..source.tokens.len())
        .any(|index| source.is_word(index, b"__leave") && source.tokens[index].in_directive);
}

/// The block that opens at `index`, as token indices.
fn block(source: &Source<'_>, closing: &[usize], index: usize, sign: u8) -> Option<(usize, usize)> {
    (source.is_sign(index, sign) && closing[index] > index).then(|| (index, closing[index]))
}

fn take_apart(source: &Source<'_>, closing: &[usize], index: usize, plan: &mut Plan) -> Option<()> {
    let token = |at: usize| &source.tokens[at];
    let (begin, body) = block(source, closing, index + 1, b'{')?;
    let clause = body + 1;
    let label = [
        Edit::insertion(token(begin).start, "LONGSHORE_LABEL_ "),
        Edit::insertion(token(body).end, " LONGSHORE_LEFT_"),
    ];
    if source.is_word(clause, b"__finally") {
        let (_, end) = block(source, closing, clause + 1, b'{')?;
        plan.edits.push(Edit::token(token(index), "{ LONGSHORE_TRY_FINALLY_ "));
        plan.edits.push(Edit::token(token(clause), "LONGSHORE_FINALLY_ "));
        plan.edits.push(Edit::insertion(token(end).end, " LONGSHORE_FINISHED_ }"));
    } else if source.is_word(clause, b"__except") {
        let (_, filter) = block(source, closing, clause + 1, b'(')?;
        let (_, end) = block(source, closing, filter + 1, b'{')?;
        plan.edits.push(Edit::token(token(index), "{ LONGSHORE_TRY_EXCEPT_ "));
        plan.edits.push(Edit::token(token(clause), "LONGSHORE_FILTER_ "));
        plan.edits.push(Edit::insertion(token(filter).end, " LONGSHORE_HANDLER_"));
        plan.edits.push(Edit::insertion(token(end).end, " LONGSHORE_END_ }"));
    } else {
        return None;
    }
    if (begin..body).any(|at| source.is_word(at, b"__leave")) {
        plan.edits.extend(label);
    } else {
        plan.leave_labels.extend(label);
    }
    Some(())
}

/// Which bracket belongs to which.
struct Brackets {
    /// For every opening bracket outside of directives the index of the one that closes it, 0 for all other
    /// tokens.
    closing: Vec<usize>,
    /// For every closing bracket the index of the one that opens it, 0 for all other tokens.
    opening: Vec<usize>,
}

impl Brackets {
    fn of(source: &Source<'_>) -> Brackets {
        let closing = closing_brackets(source);
        let mut opening = vec![0; closing.len()];
        for (open, &close) in closing.iter().enumerate().filter(|&(_, &close)| close != 0) {
            opening[close] = open;
        }
        Brackets { closing, opening }
    }

    /// The brace that opens the body of the outermost function around a token.
    fn function_around(&self, source: &Source<'_>, index: usize) -> Option<usize> {
        let around = |open: &usize| source.is_sign(*open, b'{') && self.closing[*open] > index;
        (0..index).filter(around).find(|&open| self.is_function(source, open))
    }

    /// Whether a brace opens something else than a namespace or a class.
    fn is_function(&self, source: &Source<'_>, open: usize) -> bool {
        let (mut at, _) = self.head(source, open);
        let mut names_class = false;
        let mut takes_parameters = false;
        while at < open {
            match source.bytes(at) {
                b"namespace" | b"extern" if !takes_parameters && self.is_linkage(source, at, open) => {
                    return false;
                }
                b"class" | b"struct" | b"union" | b"enum" | b"__interface" => names_class = true,
                b"(" => {
                    let word = source.bytes(at.saturating_sub(1));
                    takes_parameters |=
                        !matches!(word, b"__declspec" | b"_declspec" | b"__attribute__" | b"alignas");
                    at = self.closing[at].max(at);
                }
                _ => {}
            }
            at += 1;
        }
        takes_parameters || !names_class
    }

    /// `namespace a {` and `extern "C" {`, but not `extern "C" int f() {`.
    fn is_linkage(&self, source: &Source<'_>, at: usize, open: usize) -> bool {
        source.is_word(at, b"namespace") || at + 2 == open && source.tokens[at + 1].kind == Kind::Text
    }

    /// The first token of the definition whose body opens at `open`, and the last one ahead of it, if there
    /// is one.
    fn head(&self, source: &Source<'_>, open: usize) -> (usize, Option<usize>) {
        let mut first = open;
        let mut at = open;
        while let Some(before) = at.checked_sub(1) {
            at = before;
            if source.tokens[at].in_directive {
                continue;
            }
            match source.tokens[at].kind {
                Kind::Sign(b')') if self.opening[at] != 0 => at = self.opening[at],
                // `A() : a{1}, b{2} {`: the braces of an initialiser.
                Kind::Sign(b'}')
                    if self.opening[at] != 0
                        && (source.is_sign(first, b'{') || source.is_sign(first, b',')) =>
                {
                    at = self.opening[at];
                }
                Kind::Sign(b';' | b'{' | b'}') => return (first, Some(at)),
                _ => {}
            }
            first = at;
        }
        (first, None)
    }

    /// Where something that concerns a definition can be said ahead of it, under the same conditions as its
    /// body.
    fn ahead(&self, source: &Source<'_>, open: usize) -> usize {
        let (first, last_before) = self.head(source, open);
        let branches = branches(source);
        match last_before {
            Some(last) if branches[first] != branches[open] && branches[last] == branches[open] => {
                source.tokens[last].end
            }
            _ => source.tokens[first].start,
        }
    }

    /// Where something can be said behind it: a lambda is part of a statement.
    fn behind(&self, source: &Source<'_>, open: usize) -> usize {
        let close = self.closing[open];
        let mut at = close + 1;
        if [b';', b',', b'(', b')'].iter().any(|&sign| source.is_sign(at, sign)) {
            while at < source.tokens.len() && !source.is_sign(at, b';') {
                at = self.closing[at].max(at) + 1;
            }
        }
        let last = if source.is_sign(at, b';') { at } else { close };
        source.tokens[last].end
    }
}

/// For every token a number for the branch of `#if` it is in.
fn branches(source: &Source<'_>) -> Vec<usize> {
    let mut stack = vec![0];
    let mut count = 0;
    let number = |(index, token): (usize, &Token)| {
        if token.kind == Kind::Directive {
            let word = source.bytes(index + 1);
            let opens = matches!(word, b"if" | b"ifdef" | b"ifndef");
            let goes_on = matches!(word, b"else" | b"elif" | b"elifdef" | b"elifndef");
            if (goes_on || word == b"endif") && stack.len() > 1 {
                stack.pop();
            }
            if opens || goes_on {
                count += 1;
                stack.push(count);
            }
        }
        stack.last().copied().unwrap_or_default()
    };
    source.tokens.iter().enumerate().map(number).collect()
}

/// For every opening bracket outside of directives the index of the one that closes it, 0 for all other
/// tokens.
///
/// Of an `#if` with several branches each is matched from the state before it, so that branches which open
/// the same block twice do not count twice.
fn closing_brackets(source: &Source<'_>) -> Vec<usize> {
    let mut closing = vec![0; source.tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut conditions: Vec<Vec<usize>> = Vec::new();
    for (index, token) in source.tokens.iter().enumerate() {
        match token.kind {
            Kind::Directive => match source.bytes(index + 1) {
                b"if" | b"ifdef" | b"ifndef" => conditions.push(open.clone()),
                b"else" | b"elif" => {
                    if let Some(before) = conditions.last() {
                        open.clone_from(before);
                    }
                }
                b"endif" => {
                    conditions.pop();
                }
                _ => {}
            },
            _ if token.in_directive => {}
            Kind::Sign(b'{' | b'(') => open.push(index),
            Kind::Sign(sign @ (b'}' | b')')) => {
                let opening = if sign == b'}' { b'{' } else { b'(' };
                if open.last().is_some_and(|&last| source.tokens[last].is_sign(opening)) {
                    closing[open.pop().unwrap_or_default()] = index;
                }
            }
            _ => {}
        }
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::super::tests::{rewritten, rewritten_wholly};

    #[test]
    fn the_parts_stay_in_place_and_the_function_is_marked() {
        let text =
            "int f()\n{\n  __try {\n    return 1;\n  }\n  __finally {\n    g();\n  }\n  return 0;\n}\n";
        let expected = "LONGSHORE_TRIES_ int f()\n{\n  { LONGSHORE_TRY_FINALLY_  {\n    return 1;\n  }\n  \
                        LONGSHORE_FINALLY_  {\n    g();\n  } LONGSHORE_FINISHED_ }\n  return 0;\n} LONGSHORE_TRIED_\n";
        assert_eq!(rewritten(text).unwrap(), expected);
        let text = "void f() { __try {\n a();\n} __except (EXCEPTION_EXECUTE_HANDLER) {\n b();\n} }\n";
        let expected = "LONGSHORE_TRIES_ void f() { { LONGSHORE_TRY_EXCEPT_  {\n a();\n} LONGSHORE_FILTER_  \
                        (EXCEPTION_EXECUTE_HANDLER) LONGSHORE_HANDLER_ {\n b();\n} LONGSHORE_END_ } } LONGSHORE_TRIED_\n";
        assert_eq!(rewritten(text).unwrap(), expected);
    }

    #[test]
    fn nested_statements_are_taken_apart_and_mark_one_function() {
        let text = "int x; void f() { __try { __try { a(1i64); } __except(1) { b(); } } __finally { __try { c(); } __finally { d(); } } }\n";
        let output = rewritten(text).unwrap();
        assert!(
            !output.contains("__try") && !output.contains("__finally") && !output.contains("__except"),
            "{output}"
        );
        assert_eq!(output.matches("LONGSHORE_TRY_FINALLY_").count(), 2);
        assert!(output.starts_with("int x; LONGSHORE_TRIES_ void f()"), "{output}");
        assert_eq!(output.matches("LONGSHORE_TRIED_").count(), 1);
    }

    #[test]
    fn what_is_left_early_has_a_label() {
        let text = "void f() { __try { if (a) __leave; } __finally { } }";
        let expected = "LONGSHORE_TRIES_ void f() { { LONGSHORE_TRY_FINALLY_  LONGSHORE_LABEL_ { if (a) __leave; } \
                        LONGSHORE_LEFT_ LONGSHORE_FINALLY_  { } LONGSHORE_FINISHED_ } } LONGSHORE_TRIED_";
        assert_eq!(rewritten(text).unwrap(), expected);
        let text = "#define CHECK(a) if (a) __leave\nvoid f() { __try { CHECK(1); } __finally { } }";
        assert!(rewritten_wholly(text).unwrap().contains("{ CHECK(1); } LONGSHORE_LEFT_ LONGSHORE_FINALLY_"));
    }

    #[test]
    fn the_function_is_found_wherever_it_is_defined() {
        // \u{ab} and \u{bb} are the words around functions, @ is a statement.
        for expected in [
            "namespace n { class A : B { \u{ab}public: A(int x = f({1})) : a{x}, b(2) { if (x) { @ } }\u{bb} }; }",
            "extern \"C\" { \u{ab}extern \"C\" int f(struct S* s) { @ }\u{bb} }",
            "#include <x>\n\u{ab}template <class T> T* f(T t) noexcept(true) { for (;;) { @ } }\u{bb}",
            "struct S { int a; }; \u{ab}struct S f(void) { auto l = [] { @ }; }\u{bb} int after;",
            "\u{ab}static auto l = [](int a) -> int { @ };\u{bb}",
            "#ifdef X\nint g;\n#endif\n\u{ab}int f(void)\n{ @ }\u{bb}",
            "int g;\u{ab}\n#ifdef X\nint f(void)\n#else\nint f(int a)\n#endif\n{ @ }\u{bb}",
            "class __declspec(dllexport) A { \u{ab}void f() { @ }\u{bb} };",
        ] {
            let text = expected.replace(['\u{ab}', '\u{bb}'], "").replace('@', "__try { } __finally { }");
            let marked = rewritten(&text)
                .unwrap()
                .replace("LONGSHORE_TRIES_ ", "\u{ab}")
                .replace(" LONGSHORE_TRIED_", "\u{bb}")
                .replace("{ LONGSHORE_TRY_FINALLY_  { } LONGSHORE_FINALLY_  { } LONGSHORE_FINISHED_ }", "@");
            assert_eq!(marked, expected);
        }
    }

    #[test]
    fn branches_that_open_the_same_block_are_one() {
        let text = "__try {\n#if A\nif (a) {\n#else\nif (b) {\n#endif\n}\n} __finally { c(); }\n";
        assert!(rewritten(text).unwrap().contains("LONGSHORE_FINALLY_"));
    }

    #[test]
    fn a_try_that_is_not_microsofts_is_left_alone() {
        assert_eq!(rewritten("__try { a(); } __catch(...) { }\n"), None);
        assert_eq!(rewritten("#define TRY __try\n"), None);
    }
}
