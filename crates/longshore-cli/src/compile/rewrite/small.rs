//! Rules that look at a token or two.

use super::{Edit, Source};
use crate::compile::sources::lexer::{Kind, Token};

/// `10i64`, `0xffui32`: a width in bits where C has `LL`, `U`.
pub fn integer_suffix(source: &Source<'_>, token: &Token) -> Option<Edit> {
    let number = token.bytes(source.text);
    let at = number.iter().position(|byte| matches!(byte, b'i' | b'I'))?;
    let (digits, bits) = (&number[..at], &number[at + 1..]);
    let wide = match bits {
        b"8" | b"16" | b"32" => false,
        b"64" => true,
        _ => return None,
    };
    let unsigned = digits.last().is_some_and(|byte| matches!(byte, b'u' | b'U'));
    let digits = &digits[..digits.len() - usize::from(unsigned)];
    let hexadecimal = digits.starts_with(b"0x") || digits.starts_with(b"0X");
    let plain =
        |byte: &u8| byte.is_ascii_digit() || *byte == b'\'' || (hexadecimal && byte.is_ascii_alphanumeric());
    if digits.is_empty() || !digits.iter().all(plain) {
        return None;
    }
    let suffix = match (unsigned, wide) {
        (false, false) => "",
        (true, false) => "U",
        (false, true) => "LL",
        (true, true) => "ULL",
    };
    let digits = std::str::from_utf8(digits).ok()?;
    Some(Edit::token(token, &format!("{digits}{suffix}")))
}

/// `typedef __int64 int64_t;`: the name is the standard's, and has its type from `<stdint.h>`, which is
/// another one of the same width. The program's goes by a name of its own.
pub fn exact_width_type(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    const FUNDAMENTAL: [&[u8]; 12] = [
        b"signed",
        b"unsigned",
        b"char",
        b"short",
        b"int",
        b"long",
        b"__int8",
        b"__int16",
        b"__int32",
        b"__int64",
        b"LONGLONG",
        b"ULONGLONG",
    ];
    const NAMES: [&[u8]; 14] = [
        b"int8_t",
        b"uint8_t",
        b"int16_t",
        b"uint16_t",
        b"int32_t",
        b"uint32_t",
        b"int64_t",
        b"uint64_t",
        b"intptr_t",
        b"uintptr_t",
        b"intmax_t",
        b"uintmax_t",
        b"u_int64_t",
        b"int_fast64_t",
    ];
    let mut at = index + 1;
    while source.token(at).is_some_and(|token| FUNDAMENTAL.contains(&token.bytes(source.text))) {
        at += 1;
    }
    let Some(name) = source.token(at).filter(|token| NAMES.contains(&token.bytes(source.text))) else {
        return;
    };
    if at > index + 1 && source.is_sign(at + 1, b';') {
        edits.push(Edit::insertion(name.start, "longshore_own_"));
    }
}

/// `void main(...) { ... return; }`: `int`, as the standard has it, with a value where it ends. A `main` that
/// just ends returns 0 by itself, a `wmain` does not.
pub fn void_main(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    let Some(edit) = int_for_void(source, index) else { return };
    edits.push(edit);
    let Some(open) =
        (index..source.tokens.len()).find(|&at| matches!(source.tokens[at].kind, Kind::Sign(b'{' | b';')))
    else {
        return;
    };
    let mut depth = 0_usize;
    for at in open..source.tokens.len() {
        match source.tokens[at].kind {
            Kind::Sign(b'{') => depth += 1,
            Kind::Sign(b'}') if depth == 1 => {
                edits.push(Edit::insertion(source.tokens[at].start, "return 0; "));
                return;
            }
            Kind::Sign(b'}') => depth -= 1,
            Kind::Word if source.is_word(at, b"return") && source.is_sign(at + 1, b';') => {
                edits.push(Edit::insertion(source.tokens[at].end, " 0"));
            }
            _ if depth == 0 => return,
            _ => {}
        }
    }
}

fn int_for_void(source: &Source<'_>, index: usize) -> Option<Edit> {
    let convention = |at: &usize| {
        matches!(
            source.bytes(*at),
            b"__cdecl" | b"_cdecl" | b"__stdcall" | b"_stdcall" | b"WINAPI" | b"CDECL"
        )
    };
    let before = (0..index).rev().find(|at| !convention(at))?;
    let at_file_scope = before == 0
        || matches!(
            source.tokens[before - 1].kind,
            Kind::Sign(b';' | b'}' | b'{') | Kind::DirectiveEnd | Kind::Text
        );
    let applies = source.is_word(before, b"void")
        && source.is_sign(index + 1, b'(')
        && at_file_scope
        && !source.tokens[index].in_directive;
    applies.then(|| Edit::token(&source.tokens[before], "int"))
}

/// `for each (T x in c)`: a range-based `for`.
pub fn for_each(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    if !source.is_word(index + 1, b"each") || !source.is_sign(index + 2, b'(') {
        return;
    }
    let mut depth = 0;
    for at in index + 2..source.tokens.len() {
        let token = &source.tokens[at];
        match token.kind {
            Kind::Sign(b'(') => depth += 1,
            Kind::Sign(b')') => depth -= 1,
            Kind::Word if depth == 1 && token.bytes(source.text) == b"in" => {
                edits.push(Edit::token(&source.tokens[index + 1], ""));
                edits.push(Edit::token(token, ":"));
                return;
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// `, __VA_ARGS__` in a macro: without arguments the Microsoft preprocessor drops the comma as well, as
/// gcc's does for `, ##__VA_ARGS__`.
pub fn empty_arguments(source: &Source<'_>, index: usize) -> Option<Edit> {
    let token = &source.tokens[index];
    let after_comma = index > 0 && source.is_sign(index - 1, b',');
    (token.in_directive && after_comma).then(|| Edit::insertion(token.start, "##"))
}

/// `std::tr1::function`: what was a draft then is in `std` now.
pub fn draft_namespace(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    let colons = |at: usize| source.is_sign(at, b':') && source.is_sign(at + 1, b':');
    if index >= 3
        && colons(index - 2)
        && source.is_word(index - 3, b"std")
        && !source.tokens[index].in_directive
    {
        edits.extend(source.tokens[index - 2..=index].iter().map(|token| Edit::token(token, "")));
    }
}

/// `void f() throw(E);`: a specification that C++17 has no more, and that the
/// Microsoft compiler never checked.
pub fn exception_specification(source: &Source<'_>, index: usize, edits: &mut Vec<Edit>) {
    if source.tokens[index].in_directive
        || !source.is_sign(index + 1, b'(')
        || source.is_sign(index + 2, b')')
    {
        return;
    }
    // After the parameters, and `const`; after `if (...)` it is a statement.
    let Some(close) = (0..index).rev().find(|&at| !matches!(source.bytes(at), b"const" | b"volatile")) else {
        return;
    };
    let mut depth = 0_i32;
    let open = (0..=close).rev().find(|&at| {
        depth += i32::from(source.is_sign(at, b')')) - i32::from(source.is_sign(at, b'('));
        depth == 0
    });
    let declares = source.is_sign(close, b')')
        && open.is_some_and(|open| {
            open > 0
                && source.tokens[open - 1].kind == Kind::Word
                && !matches!(
                    source.bytes(open - 1),
                    b"if" | b"while" | b"for" | b"switch" | b"catch" | b"constexpr"
                )
        });
    let end = (index + 1..source.tokens.len()).find(|&at| {
        depth += i32::from(source.is_sign(at, b'(')) - i32::from(source.is_sign(at, b')'));
        depth == 0
    });
    let Some(end) = end.filter(|_| declares) else { return };
    if matches!(source.token(end + 1).map(|token| token.kind), Some(Kind::Sign(b';' | b'{' | b':' | b'='))) {
        edits.extend(source.tokens[index..=end].iter().map(|token| Edit::token(token, "")));
    }
}

/// Inline assembly as the Microsoft compiler writes it; `__asm("...")` and `__asm__` are gcc's own.
pub fn is_assembly(source: &Source<'_>, index: usize) -> bool {
    let next = source.token(index + 1).map(|token| token.kind);
    !source.tokens[index].in_directive && matches!(next, Some(Kind::Sign(b'{') | Kind::Word)) && {
        !matches!(source.bytes(index + 1), b"volatile" | b"__volatile__" | b"goto")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::rewritten;

    #[test]
    fn widths_in_bits_become_standard_suffixes() {
        let text = "a(1i64, 0xFFui64, 7I32, 2ui32, 3i8, 0x7fffffffffffffffi64);\n";
        let expected = "a(1LL , 0xFFULL , 7   , 2U   , 3  , 0x7fffffffffffffffLL );\n";
        assert_eq!(rewritten(text).unwrap(), expected);
        assert_eq!(rewritten("#define BIG 10i64\n").unwrap(), "#define BIG 10LL \n");
        assert_eq!(rewritten("auto z = 1.0i; auto y = 2i;\n"), None, "imaginary numbers are gcc's");
    }

    #[test]
    fn void_main_returns_int() {
        assert_eq!(rewritten("void main(void)\n{\n}\n").unwrap(), "int  main(void)\n{\nreturn 0; }\n");
        assert_eq!(
            rewritten("#include <a.h>\nvoid wmain() {}\n").unwrap(),
            "#include <a.h>\nint  wmain() {return 0; }\n"
        );
        assert_eq!(
            rewritten("void main() { if (x) { return; } }").unwrap(),
            "int  main() { if (x) { return 0; } return 0; }"
        );
        assert_eq!(rewritten("struct S { static void main_loop(); }; void (*main2)(void);\n"), None);
    }

    #[test]
    fn a_comma_before_no_arguments_goes() {
        let text = "#define LOG(f, ...) log(f, __VA_ARGS__)\n";
        assert_eq!(rewritten(text).unwrap(), "#define LOG(f, ...) log(f, ##__VA_ARGS__)\n");
        assert_eq!(
            rewritten("#define LOG(...) log(__VA_ARGS__)\n#define P(f, ...) p(f, ##__VA_ARGS__)\n"),
            None
        );
    }

    #[test]
    fn the_draft_namespace_is_std() {
        assert_eq!(rewritten("std::tr1::function<void()> f;").unwrap(), "std     ::function<void()> f;");
        assert_eq!(rewritten("using namespace std::tr1;").unwrap(), "using namespace std     ;");
        assert_eq!(rewritten("#include <tr1/functional>\nboost::tr1::function f;"), None);
    }

    #[test]
    fn exception_specifications_go() {
        assert_eq!(
            rewritten("void f(int a) const throw (E, F) { }").unwrap(),
            "void f(int a) const              { }"
        );
        for text in
            ["void f() throw();", "if (a) throw (b);", "if (g()) { throw (E)(b); }", "f(); throw (x);"]
        {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }

    #[test]
    fn for_each_ranges() {
        let text = "for each (auto& x in list) { in(x); }\n";
        assert_eq!(rewritten(text).unwrap(), "for      (auto& x :  list) { in(x); }\n");
    }
}
