//! Patterns of file names, with the peculiarities they have had since DOS.
//!
//! A pattern is translated before it is used: `?` also matches nothing at the end of a name or before a dot;
//! a dot before a wildcard also matches the end of a name, so that `*.*` matches every name; `*` before a dot
//! at the end matches names without an extension. Case does not count.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// This character, in lower case.
    One(char),
    /// Anything.
    Any,
    /// One character, or nothing before a dot and at the end.
    Question,
    /// A dot, or nothing at the end.
    Dot,
    /// Anything up to the last dot.
    Stem,
}

/// A pattern, ready to be matched.
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    any_case: bool,
}

fn folded(text: &str, any_case: bool) -> Vec<char> {
    if any_case { text.chars().flat_map(char::to_lowercase).collect() } else { text.chars().collect() }
}

impl Pattern {
    /// The pattern of a text.
    pub(crate) fn new(text: &[u8], any_case: bool) -> Pattern {
        let text = String::from_utf8_lossy(text);
        let characters = match &*text {
            "*.*" => vec!['*'],
            text => folded(text, any_case),
        };
        let token = |(index, &character): (usize, &char)| {
            let next = characters.get(index + 1);
            match character {
                '?' => Token::Question,
                '.' if matches!(next, Some('*' | '?')) => Token::Dot,
                '*' if next == Some(&'.') && index + 2 == characters.len() => Token::Stem,
                '.' if index + 1 == characters.len() && index > 0 && characters[index - 1] == '*' => {
                    Token::Dot
                }
                '*' => Token::Any,
                character => Token::One(character),
            }
        };
        Pattern { tokens: characters.iter().enumerate().map(token).collect(), any_case }
    }

    /// Whether it has no wildcards: then it is a name.
    pub(crate) fn is_name(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::One(_)))
    }

    /// Whether a name matches.
    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        let name = folded(&String::from_utf8_lossy(name), self.any_case);
        // The positions in the name that can be reached with the tokens so far.
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        let last_dot = name.iter().rposition(|&character| character == '.');
        for token in &self.tokens {
            let mut next = vec![false; name.len() + 1];
            for from in (0..=name.len()).filter(|&from| reached[from]) {
                let here = name.get(from);
                match token {
                    Token::One(character) if here == Some(character) => next[from + 1] = true,
                    Token::One(_) => {}
                    Token::Any => next[from..].fill(true),
                    Token::Question => {
                        if matches!(here, None | Some('.')) {
                            next[from] = true;
                        }
                        if here.is_some() {
                            next[from + 1] = true;
                        }
                    }
                    Token::Dot if here == Some(&'.') => next[from + 1] = true,
                    Token::Dot => next[from] |= here.is_none(),
                    Token::Stem => {
                        let end = last_dot.filter(|&dot| dot >= from).unwrap_or(name.len());
                        next[from..=end].fill(true);
                    }
                }
            }
            reached = next;
        }
        reached[name.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern.as_bytes(), true).matches(name.as_bytes())
    }

    #[test]
    fn wildcards_and_case() {
        for (pattern, name) in [
            ("*", "anything.at.all"),
            ("*.txt", "A.TXT"),
            ("A*c", "abc"),
            ("a?c", "abc"),
            ("*.t?t", "x.y.txt"),
            ("größe*", "GRÖSSE".replace("SS", "ß").as_str()),
            ("a*b*c", "axxbyyc"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.txt", "a.txt2"), ("a?c", "ac"), ("a", "ab"), ("*.txt", "txt"), ("?", "ab")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn the_peculiarities_of_dos() {
        assert!(matches("*.*", "no extension"), "*.* is everything");
        assert!(matches("a*.*", "abc"), "a dot before a wildcard may be missing at the end");
        assert!(
            matches("???", "a") && matches("???.txt", "a.txt"),
            "question marks match nothing before a dot"
        );
        assert!(!matches("???.txt", "abcd.txt"));
        assert!(matches("*.", "name") && !matches("*.", "name.ext"), "names without an extension");
        assert!(!Pattern::new(b"Abc", false).matches(b"abc"));
    }
}
