//! Rules for make that name the user's files, not the copies that were compiled.

use std::path::Path;

use super::tree::Tree;

/// `rules` as the compiler wrote them, with every copy replaced by its original and everything else of
/// the scratch directory left out.
pub fn restored(rules: &str, tree: &Tree) -> String {
    let mut output = String::with_capacity(rules.len());
    for rule in logical_lines(rules) {
        let (target, list) = match split_target(rule) {
            Some(parts) => parts,
            None => (rule, ""),
        };
        let Some(target) = restored_name(target, tree) else { continue };
        output.push_str(&target);
        if !list.is_empty() || rule.ends_with(':') {
            output.push(':');
        }
        let mut column = output.len() - output.rfind('\n').map_or(0, |newline| newline + 1);
        for name in words(list).filter_map(|word| restored_name(word, tree)) {
            if column + name.len() > 76 {
                output.push_str(" \\\n");
                column = 0;
            }
            output.push(' ');
            output.push_str(&name);
            column += 1 + name.len();
        }
        output.push('\n');
    }
    output
}

/// Lines joined where a backslash continues them.
fn logical_lines(rules: &str) -> impl Iterator<Item = &str> {
    let mut rest = rules;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        loop {
            match rest[from..].find('\n') {
                Some(newline) if rest[..from + newline].ends_with('\\') => from += newline + 1,
                Some(newline) => {
                    let (line, after) = rest.split_at(from + newline);
                    rest = &after[1..];
                    return Some(line);
                }
                None => return Some(std::mem::take(&mut rest)),
            }
        }
    })
    .filter(|line| !line.trim().is_empty())
}

/// What stands before the first colon that ends a word, and what stands after it.
fn split_target(rule: &str) -> Option<(&str, &str)> {
    let at = rule
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|&at| rule[at + 1..].chars().next().is_none_or(|next| next.is_whitespace() || next == '\\'))?;
    Some((rule[..at].trim(), &rule[at + 1..]))
}

/// Separated by white space that no backslash escapes.
fn words(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|character: char| character.is_whitespace());
        while let Some(after) = rest.strip_prefix("\\\n") {
            rest = after.trim_start_matches(|character: char| character.is_whitespace());
        }
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let end = (0..bytes.len())
            .find(|&at| bytes[at].is_ascii_whitespace() && (at == 0 || bytes[at - 1] != b'\\'))
            .unwrap_or(bytes.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// None for a file that exists only for this compilation.
fn restored_name(word: &str, tree: &Tree) -> Option<String> {
    let plain = word.replace("\\ ", " ").replace("$$", "$").replace("\\#", "#");
    let path = Path::new(&plain);
    let original = match path.strip_prefix(tree.scratch()) {
        Ok(below) => tree.known_as(&Path::new("/").join(below))?,
        Err(_) if path.is_absolute() => tree.known_as(path).unwrap_or(path),
        Err(_) => return Some(word.to_owned()),
    };
    Some(original.to_string_lossy().replace(' ', "\\ ").replace('$', "$$").replace('#', "\\#"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::build::tree::Rewriting;

    #[test]
    fn what_exists_only_for_the_compilation_is_left_out() {
        let tree = Tree::new("/s".into(), None, Rewriting::Needed);
        let rules = "a.o: /s/src/a.cpp /s/prelude-0.h \\\n  b\\ c.h /usr/include/stdio.h\n\n/s/prelude-0.h:\n\nb\\ c.h:\n";
        let restored = restored(rules, &tree);
        assert_eq!(restored, "a.o: b\\ c.h /usr/include/stdio.h\nb\\ c.h:\n");
    }
}
