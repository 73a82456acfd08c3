//! The tokens of a C or C++ source, as far as the rewriter has to tell them apart.
//!
//! Comments, strings, raw strings and character literals are told from code, directives from ordinary lines.
//! Nothing is expanded and no condition is evaluated: both branches of an `#if` are lexed, and a quote that
//! its line does not close ends there, so prose below an `#if 0` costs nothing but itself.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An identifier or a keyword.
    Word,
    Number,
    /// A string literal with its prefix, raw ones included.
    Text,
    /// A character literal with its prefix.
    Character,
    /// One byte of punctuation.
    Sign(u8),
    /// The `#` a directive starts with.
    Directive,
    /// `<...>` or `"..."` of an `#include`, delimiters included.
    HeaderName,
    /// Where a directive ends: empty, before the newline.
    DirectiveEnd,
}

#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// Part of a directive.
    pub in_directive: bool,
}

impl Token {
    pub fn bytes<'a>(&self, source: &'a [u8]) -> &'a [u8] {
        &source[self.start..self.end]
    }

    pub fn is_sign(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// A source file, lexed.
pub struct Source<'a> {
    pub text: &'a [u8],
    pub tokens: &'a [Token],
}

impl<'a> Source<'a> {
    pub fn token(&self, index: usize) -> Option<&'a Token> {
        self.tokens.get(index)
    }

    /// The bytes of a token; empty beyond the last one.
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        self.tokens.get(index).map_or(b"", |token| token.bytes(self.text))
    }

    pub fn is_word(&self, index: usize, word: &[u8]) -> bool {
        self.tokens.get(index).is_some_and(|token| token.kind == Kind::Word && token.bytes(self.text) == word)
    }

    pub fn is_sign(&self, index: usize, sign: u8) -> bool {
        self.tokens.get(index).is_some_and(|token| token.is_sign(sign))
    }

    /// Counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        1 + self.text[..offset].iter().filter(|&&byte| byte == b'\n').count()
    }

    pub fn column(&self, offset: usize) -> usize {
        offset - self.text[..offset].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1)
    }
}

pub fn tokens(source: &[u8]) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        at: 0,
        tokens: Vec::with_capacity(source.len() / 6),
        in_directive: false,
        fresh: true,
    };
    if source.starts_with(b"\xEF\xBB\xBF") {
        lexer.at = 3;
    }
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    in_directive: bool,
    /// Nothing but blanks and comments on this line so far.
    fresh: bool,
}

fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit()
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.source.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, start, end: self.at, in_directive: self.in_directive });
        self.fresh = false;
    }

    fn run(&mut self) {
        while self.at < self.source.len() {
            let start = self.at;
            match self.source[start] {
                b'\n' => {
                    self.end_directive();
                    self.at += 1;
                    self.fresh = true;
                }
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                b'/' if self.peek(1) == b'/' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => self.skip_comment(),
                b'#' if self.fresh && !self.in_directive => {
                    self.in_directive = true;
                    self.at += 1;
                    self.push(Kind::Directive, start);
                    self.directive();
                }
                b'"' => self.quoted(start, b'"', Kind::Text),
                b'\'' => self.quoted(start, b'\'', Kind::Character),
                byte if byte.is_ascii_digit() || (byte == b'.' && self.peek(1).is_ascii_digit()) => {
                    self.number()
                }
                byte if starts_word(byte) => self.word(),
                byte => {
                    self.at += 1;
                    self.push(Kind::Sign(byte), start);
                }
            }
        }
        self.end_directive();
    }

    fn end_directive(&mut self) {
        if self.in_directive {
            self.push(Kind::DirectiveEnd, self.at);
            self.in_directive = false;
        }
    }

    /// The length of a backslash-newline here, or 0.
    fn continuation(&self) -> usize {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'\\', b'\n', _) => 2,
            (b'\\', b'\r', b'\n') => 3,
            _ => 0,
        }
    }

    /// To the newline that ends this line, over continuations.
    fn skip_line(&mut self) {
        while self.at < self.source.len() && self.source[self.at] != b'\n' {
            self.at += self.continuation().max(1);
        }
    }

    fn skip_comment(&mut self) {
        self.at += 2;
        while self.at < self.source.len() && !(self.peek(0) == b'*' && self.peek(1) == b'/') {
            self.at += 1;
        }
        self.at = (self.at + 2).min(self.source.len());
    }

    /// The part of a directive that follows other rules: a header name, or prose.
    fn directive(&mut self) {
        self.skip_blanks();
        let start = self.at;
        while continues_word(self.peek(0)) {
            self.at += 1;
        }
        if self.at == start {
            return;
        }
        let name = &self.source[start..self.at];
        self.push(Kind::Word, start);
        match name {
            b"include" | b"include_next" | b"import" => {
                self.skip_blanks();
                let closing = match self.peek(0) {
                    b'<' => b'>',
                    b'"' => b'"',
                    _ => return,
                };
                let start = self.at;
                let line = self.source[start + 1..].split(|&byte| byte == b'\n').next().unwrap_or_default();
                if let Some(length) = line.iter().position(|&byte| byte == closing) {
                    self.at += length + 2;
                    self.push(Kind::HeaderName, start);
                }
            }
            b"error" | b"warning" | b"pragma" | b"region" | b"endregion" => self.skip_line(),
            _ => {}
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' => self.at += 1,
                b'/' if self.peek(1) == b'*' => self.skip_comment(),
                b'\\' if self.continuation() > 0 => self.at += self.continuation(),
                _ => return,
            }
        }
    }

    /// From the opening quote at `self.at`; `start` is where the prefix begins.
    fn quoted(&mut self, start: usize, quote: u8, kind: Kind) {
        self.at += 1;
        loop {
            match self.peek(0) {
                b'\n' | 0 => break,
                b'\\' => self.at += self.continuation().max(2),
                byte => {
                    self.at += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        self.at = self.at.min(self.source.len());
        // A NUL is not the end of the file everywhere; step over it.
        if self.at < self.source.len() && self.source[self.at] == 0 {
            self.at += 1;
        }
        self.push(kind, start);
    }

    fn number(&mut self) {
        let start = self.at;
        while self.at < self.source.len() {
            let byte = self.peek(0);
            let exponent = matches!(byte, b'e' | b'E' | b'p' | b'P') && matches!(self.peek(1), b'+' | b'-');
            let separator = byte == b'\'' && self.peek(1).is_ascii_alphanumeric();
            if exponent || separator {
                self.at += 2;
            } else if byte == b'.' || continues_word(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
        self.push(Kind::Number, start);
    }

    fn word(&mut self) {
        let start = self.at;
        while continues_word(self.peek(0)) {
            self.at += 1;
        }
        let prefix = &self.source[start..self.at];
        match (self.peek(0), prefix) {
            (b'"', b"R" | b"LR" | b"uR" | b"UR" | b"u8R") => self.raw(start),
            (b'"', b"L" | b"u" | b"U" | b"u8") => self.quoted(start, b'"', Kind::Text),
            (b'\'', b"L" | b"u" | b"U" | b"u8") => self.quoted(start, b'\'', Kind::Character),
            _ => self.push(Kind::Word, start),
        }
    }

    /// `R"delimiter(...)delimiter"`, from the quote on.
    fn raw(&mut self, start: usize) {
        let rest = &self.source[self.at + 1..];
        let Some(open) = rest.iter().take(17).position(|&byte| byte == b'(') else {
            return self.quoted(start, b'"', Kind::Text);
        };
        let mut closing = vec![b')'];
        closing.extend_from_slice(&rest[..open]);
        closing.push(b'"');
        let body = &rest[open + 1..];
        let length = body.windows(closing.len()).position(|window| window == closing);
        self.at += 2 + open + length.map_or(body.len(), |length| length + closing.len());
        self.push(Kind::Text, start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexed(source: &str) -> Vec<(Kind, &str)> {
        tokens(source.as_bytes()).iter().map(|token| (token.kind, &source[token.start..token.end])).collect()
    }

    fn words(source: &str) -> Vec<&str> {
        lexed(source).into_iter().filter(|(kind, _)| *kind == Kind::Word).map(|(_, text)| text).collect()
    }

    #[test]
    fn comments_and_literals_hide_words() {
        let source = "a /* b */ // c\n\"d\" 'e' L\"f\" R\"x(g \" )\" h)x\" i";
        assert_eq!(words(source), ["a", "i"]);
    }

    #[test]
    fn a_continued_line_comment_reaches_into_the_next_line() {
        assert_eq!(words("// a \\\nb\nc // d \\\r\ne\nf"), ["c", "f"]);
    }

    #[test]
    fn an_escaped_quote_does_not_close_a_string() {
        assert_eq!(words(r#""a\"b" c "\\" d '\'' e"#), ["c", "d", "e"]);
    }

    #[test]
    fn an_unclosed_quote_ends_with_its_line() {
        assert_eq!(words("#if 0\ndon't\n#endif\na"), ["if", "don", "endif", "a"]);
        assert_eq!(words("#error don't\na"), ["error", "a"]);
        assert_eq!(words("#pragma region it's\na"), ["pragma", "a"]);
    }

    #[test]
    fn digit_separators_belong_to_numbers() {
        assert_eq!(lexed("1'000'000ui64")[0], (Kind::Number, "1'000'000ui64"));
        assert_eq!(lexed("1e+5-x")[0], (Kind::Number, "1e+5"));
    }

    #[test]
    fn header_names_are_one_token_and_their_backslashes_no_escapes() {
        let source = "  # include \"..\\new\\x.h\" // y\n#include <A.h>\na < b > c";
        let names: Vec<_> = lexed(source).into_iter().filter(|(kind, _)| *kind == Kind::HeaderName).collect();
        assert_eq!(names, [(Kind::HeaderName, "\"..\\new\\x.h\""), (Kind::HeaderName, "<A.h>")]);
    }

    #[test]
    fn a_directive_ends_where_its_last_continuation_ends() {
        let source = "#define A(x) \\\n  x\nb";
        let tokens = tokens(source.as_bytes());
        let outside: Vec<_> = tokens
            .iter()
            .filter(|token| !token.in_directive)
            .map(|token| token.bytes(source.as_bytes()))
            .collect();
        assert_eq!(outside, [b"b"]);
    }

    #[test]
    fn a_hash_inside_a_line_is_no_directive() {
        let source = "a # b\n";
        assert!(lexed(source).iter().all(|(kind, _)| *kind != Kind::Directive));
    }

    #[test]
    fn nothing_is_read_past_the_end() {
        for source in ["\"", "'", "\\", "/*", "R\"(", "R\"", "#", "#include <", "1e", "\"\\", "L", "//\\"] {
            tokens(source.as_bytes());
        }
    }
}
