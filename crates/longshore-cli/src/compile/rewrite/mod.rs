//! What the Microsoft compiler accepts and gcc and clang do not, token by token.
//!
//! Only what no header can provide is rewritten here; what a macro can do is in
//! `longshore/abi/msvc.h` of the SDK. Every rule keeps the number of lines and, where it can, the
//! columns, so that messages point where the author looks.

mod annotations;
mod class_words;
mod classes;
mod function_names;
mod small;
mod structured;
mod templates;

use crate::compile::sources::lexer::{Kind, Source, Token};

/// One place where the text becomes another.
#[derive(Debug)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub replacement: String,
}

impl Edit {
    fn token(token: &Token, replacement: &str) -> Edit {
        // Shorter replacements are padded: what follows on the line keeps its column.
        let width = token.end - token.start;
        Edit { start: token.start, end: token.end, replacement: format!("{replacement:width$}") }
    }

    fn insertion(offset: usize, text: &str) -> Edit {
        Edit { start: offset, end: offset, replacement: text.to_owned() }
    }
}

/// Everything one file needs. Edits do not overlap.
///
/// Some words mean something in Microsoft's C++ alone (`__try`, `10i64`): where they stand, the text cannot be
/// compiled as it is, or would mean something else (`void main`). Of others a rule sees from a few tokens that
/// they are Microsoft's, and may be wrong, as in the arguments of a macro: those edits are guesses, and are made
/// only once the file was tried without.
#[derive(Default)]
pub struct Plan {
    pub edits: Vec<Edit>,
    guesses: Vec<Edit>,
    /// What class heads need if any file of a compilation says `__super`, and whether this one does.
    super_heads: Vec<Edit>,
    uses_super: bool,
    /// The same for `std::exception` with a text.
    exception_bases: Vec<Edit>,
    makes_exceptions: bool,
    /// The line of the first inline assembly, which nothing here can translate.
    pub assembly_line: Option<usize>,
    /// Whether there is a `__try`.
    pub tries: bool,
    /// What `__try` statements need if a macro of any file of a compilation says `__leave`, and whether one
    /// does here.
    leave_labels: Vec<Edit>,
    leaves_in_macro: bool,
    /// The line of the first `__try` that could not be taken apart.
    pub unstructured_line: Option<usize>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Whether there are edits that are made only if it fails without them.
    pub fn has_guesses(&self) -> bool {
        !self.guesses.is_empty()
    }

    /// Makes the guesses edits like the others.
    pub fn guess(&mut self) {
        let guesses = std::mem::take(&mut self.guesses);
        self.add(guesses);
    }

    /// What this file asks of all.
    pub fn wishes(&self) -> Wishes {
        Wishes {
            supers: self.uses_super,
            exceptions: self.makes_exceptions,
            leave_labels: self.leaves_in_macro,
        }
    }

    /// Does what files ask of each other; true if that changed anything.
    pub fn oblige(&mut self, wishes: Wishes) -> bool {
        let wanted = [
            (wishes.supers, &mut self.super_heads),
            (wishes.exceptions, &mut self.exception_bases),
            (wishes.leave_labels, &mut self.leave_labels),
        ];
        let edits: Vec<Edit> = wanted
            .into_iter()
            .filter(|(wanted, _)| *wanted)
            .flat_map(|(_, edits)| std::mem::take(edits))
            .collect();
        let changes = !edits.is_empty();
        self.add(edits);
        changes
    }

    /// Edits from elsewhere.
    pub fn add(&mut self, edits: Vec<Edit>) {
        self.edits.extend(edits);
        self.put_in_order();
    }

    /// Sorts the edits, and lets go of those that lie over an earlier one: in ill-formed text two rules may
    /// want the same words.
    fn put_in_order(&mut self) {
        self.edits.sort_by_key(|edit| (edit.start, edit.end));
        let mut end = 0;
        self.edits.retain(|edit| {
            let is_free = edit.start >= end;
            end = end.max(edit.end);
            is_free
        });
    }
}

/// What a file of a compilation may ask of the others.
#[derive(Clone, Copy, Default, Debug)]
pub struct Wishes {
    pub supers: bool,
    pub exceptions: bool,
    pub leave_labels: bool,
}

impl Wishes {
    pub fn any(self) -> bool {
        self.supers || self.exceptions || self.leave_labels
    }
}

impl std::ops::BitOr for Wishes {
    type Output = Wishes;

    fn bitor(self, other: Wishes) -> Wishes {
        Wishes {
            supers: self.supers || other.supers,
            exceptions: self.exceptions || other.exceptions,
            leave_labels: self.leave_labels || other.leave_labels,
        }
    }
}

pub fn plan(source: &Source<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut tries = false;
    let mut functions = false;
    let mut templates = false;
    for (index, token) in source.tokens.iter().enumerate() {
        match token.kind {
            Kind::Number => plan.edits.extend(small::integer_suffix(source, token)),
            Kind::Word => match token.bytes(source.text) {
                b"__try" | b"__leave" => tries = true,
                b"__FUNCTION__" | b"__FUNCDNAME__" => functions = true,
                b"class" | b"struct" => classes::note(source, index, &mut plan),
                b"__super" => classes::super_word(source, index, &mut plan),
                b"exception" => classes::exception_word(source, index, &mut plan),
                b"tr1" => small::draft_namespace(source, index, &mut plan.guesses),
                b"throw" => small::exception_specification(source, index, &mut plan.edits),
                b"template" => templates = true,
                b"__VA_ARGS__" => plan.guesses.extend(small::empty_arguments(source, index)),
                b"abstract" | b"sealed" => class_words::add(source, index, &mut plan.guesses),
                b"main" | b"wmain" | b"_tmain" => small::void_main(source, index, &mut plan.edits),
                b"typedef" => small::exact_width_type(source, index, &mut plan.guesses),
                b"for" => small::for_each(source, index, &mut plan.guesses),
                b"__asm" | b"_asm" if small::is_assembly(source, index) => {
                    plan.assembly_line.get_or_insert_with(|| source.line(token.start));
                }
                word if annotations::is_annotation(word) => {
                    annotations::add(source, index, &mut plan.guesses)
                }
                _ => {}
            },
            Kind::Sign(0x1A) => plan.edits.push(Edit::token(token, " ")),
            _ => {}
        }
    }
    if functions {
        function_names::add(source, &mut plan.guesses);
    }
    if templates {
        templates::add(source, &mut plan.guesses);
    }
    if tries {
        structured::add(source, &mut plan);
    }
    plan.put_in_order();
    plan
}

/// The whole text as planned, by the name of the original.
pub fn render(source: &Source<'_>, plan: &Plan, name: &str) -> Vec<u8> {
    let mut output = Vec::with_capacity(source.text.len() + 256);
    output.extend_from_slice(format!("#line 1 {}\n", quoted(name)).as_bytes());
    let mut at = if source.text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    for edit in &plan.edits {
        if edit.start < at {
            continue;
        }
        output.extend_from_slice(&source.text[at..edit.start]);
        output.extend_from_slice(edit.replacement.as_bytes());
        at = edit.end;
    }
    output.extend_from_slice(&source.text[at..]);
    output
}

/// A file name as a C string literal.
pub fn quoted(name: &str) -> String {
    let mut literal = String::with_capacity(name.len() + 2);
    literal.push('"');
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal.push('"');
    literal
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::compile::sources::lexer;

    /// The rewritten text without its first line, or None when nothing is to be done.
    pub fn rewritten(text: &str) -> Option<String> {
        let tokens = lexer::tokens(text.as_bytes());
        let source = Source { text: text.as_bytes(), tokens: &tokens };
        let mut plan = plan(&source);
        plan.guess();
        if plan.is_empty() {
            return None;
        }
        let output = String::from_utf8(render(&source, &plan, "a.cpp")).unwrap();
        Some(output.strip_prefix("#line 1 \"a.cpp\"\n").unwrap().to_owned())
    }

    /// The same when files ask for everything of each other.
    pub fn rewritten_wholly(text: &str) -> Option<String> {
        let tokens = lexer::tokens(text.as_bytes());
        let source = Source { text: text.as_bytes(), tokens: &tokens };
        let mut plan = plan(&source);
        plan.guess();
        plan.oblige(plan.wishes());
        let output = String::from_utf8(render(&source, &plan, "a.cpp")).unwrap();
        Some(output.strip_prefix("#line 1 \"a.cpp\"\n").unwrap().to_owned())
    }

    #[test]
    fn no_two_edits_lie_over_each_other_in_ill_formed_text() {
        let text = include_bytes!("../../../../../fuzz/corpus/rewriter/overlap.cpp");
        let tokens = lexer::tokens(text);
        let source = Source { text, tokens: &tokens };
        let mut plan = plan(&source);
        plan.guess();
        plan.oblige(Wishes { supers: true, exceptions: true, leave_labels: true });
        assert!(!plan.edits.is_empty());
        assert!(plan.edits.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", plan.edits);
    }

    #[test]
    fn ordinary_code_needs_nothing() {
        for text in [
            "int main() { return 0; }\n",
            "const char* s = \"__try { } __finally { } 5i64 abstract\"; // __try abstract\n",
            "struct abstract; int sealed = 0x10; double d = 1.5e10; int x = 0b1010;\n",
            "void domain(int); int i = 0x1e+5; auto u = 5u; auto l = 6ull; auto f = 1.0f;\n",
            "const char* f() { return __FUNCTION__; }\n",
            "for (int i = 0; i < 3; ++i) each(i);\n",
        ] {
            assert_eq!(rewritten(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_quoted_as_c_reads_it() {
        assert_eq!(quoted("a\\b\"c"), "\"a\\\\b\\\"c\"");
    }
}
