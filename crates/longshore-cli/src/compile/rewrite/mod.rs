//! What the Microsoft compiler accepts and gcc and clang do not, token by token.
//!
//! Only what no header can provide is rewritten here; what a macro can do is in
//! `longshore/abi/msvc.h` of the SDK. Every rule keeps the number of lines and, where it can, the
//! columns, so that messages point where the author looks.

mod annotations;
mod class_words;
mod classes;
mod exits;
mod function_names;
mod small;
mod structured;
mod templates;

use std::fmt::Write;

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
#[derive(Default)]
pub struct Plan {
    pub edits: Vec<Edit>,
    /// `__try` statements whose `__finally` block has to come first.
    blocks: Vec<structured::Finally>,
    /// What leaves them early.
    exits: Vec<exits::Exit>,
    /// What class heads need if any file of a compilation says `__super`, and whether this one does.
    super_heads: Vec<Edit>,
    pub uses_super: bool,
    /// The same for `std::exception` with a text.
    exception_bases: Vec<Edit>,
    pub makes_exceptions: bool,
    /// The line of the first inline assembly, which nothing here can translate.
    pub assembly_line: Option<usize>,
    /// The line of the first `__try` that could not be taken apart.
    pub unstructured_line: Option<usize>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.blocks.is_empty()
    }

    /// Does what other files ask of the classes here; true if that changed anything.
    pub fn oblige(&mut self, supers: bool, exceptions: bool) -> bool {
        let heads = if supers { std::mem::take(&mut self.super_heads) } else { Vec::new() };
        let bases = if exceptions { std::mem::take(&mut self.exception_bases) } else { Vec::new() };
        let changes = !heads.is_empty() || !bases.is_empty();
        self.add(heads);
        self.add(bases);
        changes
    }

    /// Edits from elsewhere.
    pub fn add(&mut self, edits: Vec<Edit>) {
        self.edits.extend(edits);
        self.put_in_order();
    }

    /// Sorts the edits and drops those that overlap an earlier one: in ill-formed text two
    /// rules may match the same words.
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

pub fn plan(source: &Source<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut tries = false;
    let mut functions = false;
    let mut templates = false;
    for (index, token) in source.tokens.iter().enumerate() {
        match token.kind {
            Kind::Number => plan.edits.extend(small::integer_suffix(source, token)),
            Kind::Word => match token.bytes(source.text) {
                b"__try" => tries = true,
                b"__FUNCTION__" | b"__FUNCDNAME__" => functions = true,
                b"class" | b"struct" => classes::note(source, index, &mut plan),
                b"__super" => classes::super_word(source, index, &mut plan),
                b"exception" => classes::exception_word(source, index, &mut plan),
                b"tr1" => small::draft_namespace(source, index, &mut plan.edits),
                b"throw" => small::exception_specification(source, index, &mut plan.edits),
                b"template" => templates = true,
                b"__VA_ARGS__" => plan.edits.extend(small::empty_arguments(source, index)),
                b"abstract" | b"sealed" => class_words::add(source, index, &mut plan.edits),
                b"main" | b"wmain" | b"_tmain" => small::void_main(source, index, &mut plan.edits),
                b"typedef" => small::exact_width_type(source, index, &mut plan.edits),
                b"for" => small::for_each(source, index, &mut plan.edits),
                b"__asm" | b"_asm" if small::is_assembly(source, index) => {
                    plan.assembly_line.get_or_insert_with(|| source.line(token.start));
                }
                word if annotations::is_annotation(word) => annotations::add(source, index, &mut plan.edits),
                _ => {}
            },
            Kind::Sign(0x1A) => plan.edits.push(Edit::token(token, " ")),
            _ => {}
        }
    }
    if functions {
        function_names::add(source, &mut plan.edits);
    }
    if templates {
        templates::add(source, &mut plan.edits);
    }
    if tries {
        structured::add(source, &mut plan);
    }
    plan.put_in_order();
    plan
}

/// How a `__finally` block is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finally {
    /// As the body of a guard, ahead of the block it guards.
    Guard,
    /// Where it is, and again ahead of every statement that leaves the block.
    InPlace,
}

/// The whole text as planned, with directives that keep the line numbers of `name` where text was moved.
pub fn render(source: &Source<'_>, plan: &Plan, name: &str, finally: Finally) -> Vec<u8> {
    let mut renderer = Renderer { source, plan, name: quoted(name), finally, output: Vec::new() };
    let length = source.text.len();
    let start = if source.text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    renderer.output.reserve(length + 256);
    renderer.output.extend_from_slice(format!("#line 1 {}\n", renderer.name).as_bytes());
    renderer.range(start, length);
    renderer.output
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

struct Renderer<'a> {
    source: &'a Source<'a>,
    plan: &'a Plan,
    name: String,
    finally: Finally,
    output: Vec<u8>,
}

impl Renderer<'_> {
    fn range(&mut self, start: usize, end: usize) {
        let plan = self.plan;
        let in_place = self.finally == Finally::InPlace;
        let mut at = start;
        loop {
            // What comes next; one inside the last one was rendered with it.
            let block =
                plan.blocks.iter().find(|block| block.statement.start >= at && block.statement.end <= end);
            let exit = plan.exits.iter().find(|exit| exit.statement.start >= at && exit.statement.end <= end);
            match (block, exit.filter(|_| in_place)) {
                (Some(block), exit)
                    if exit.is_none_or(|exit| block.statement.start < exit.statement.start) =>
                {
                    self.edited(at, block.statement.start);
                    if in_place {
                        self.block_in_place(block);
                    } else {
                        self.block(block);
                    }
                    at = block.statement.end;
                }
                (_, Some(exit)) => {
                    self.edited(at, exit.statement.start);
                    self.exit(exit);
                    at = exit.statement.end;
                }
                _ => break,
            }
        }
        self.edited(at, end);
    }

    /// `__try B __finally F` as `{ F as a guard; B }`.
    fn block(&mut self, block: &structured::Finally) {
        self.output.extend_from_slice(b"{ LONGSHORE_FINALLY_");
        self.line_of(block.handler.start);
        self.range(block.handler.start, block.handler.end);
        self.output.extend_from_slice(b" LONGSHORE_BODY_");
        self.line_of(block.body.start);
        self.range(block.body.start, block.body.end);
        self.output.extend_from_slice(b" LONGSHORE_LEFT_ }");
        self.line_of(block.statement.end);
    }

    /// `__try B __finally F` as `{ B F }`.
    fn block_in_place(&mut self, block: &structured::Finally) {
        self.output.extend_from_slice(b"{ LONGSHORE_TRY_");
        self.line_of(block.body.start);
        self.range(block.body.start, block.body.end);
        self.output.extend_from_slice(b" LONGSHORE_LEFT_");
        self.line_of(block.handler.start);
        self.range(block.handler.start, block.handler.end);
        self.output.extend_from_slice(b" }");
    }

    fn exit(&mut self, exit: &exits::Exit) {
        let plan = self.plan;
        let text = &self.source.text[exit.statement.clone()];
        self.output.extend_from_slice(b"{ ");
        if let Some(value) = &exit.value {
            self.output.extend_from_slice(b"__auto_type longshore_value_ = (");
            self.range(value.start, value.end);
            self.output.extend_from_slice(b");");
        }
        for &block in &exit.blocks {
            let handler = &plan.blocks[block].handler;
            self.line_of(handler.start);
            self.range(handler.start, handler.end);
        }
        self.line_of(exit.statement.start);
        let statement = if exit.value.is_some() { b"return longshore_value_;" } else { text };
        self.output.extend_from_slice(statement);
        self.output.extend_from_slice(b" }");
        self.line_of(exit.statement.end);
    }

    fn line_of(&mut self, offset: usize) {
        let mut directive = String::new();
        let _ = write!(directive, "\n#line {} {}\n", self.source.line(offset), self.name);
        directive.extend(std::iter::repeat_n(' ', self.source.column(offset)));
        self.output.extend_from_slice(directive.as_bytes());
    }

    fn edited(&mut self, start: usize, end: usize) {
        let plan = self.plan;
        let mut at = start;
        let first = plan.edits.partition_point(|edit| edit.start < start);
        for edit in &plan.edits[first..] {
            // An insertion at the very end belongs to what ends there.
            if edit.start > end || edit.end > end {
                break;
            }
            if edit.start < at {
                continue;
            }
            self.output.extend_from_slice(&self.source.text[at..edit.start]);
            self.output.extend_from_slice(edit.replacement.as_bytes());
            at = edit.end;
        }
        self.output.extend_from_slice(&self.source.text[at..end]);
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::compile::sources::lexer;

    /// The rewritten text without its first line, or None when nothing is to be done.
    pub fn rewritten(text: &str) -> Option<String> {
        let tokens = lexer::tokens(text.as_bytes());
        let source = Source { text: text.as_bytes(), tokens: &tokens };
        let plan = plan(&source);
        if plan.is_empty() {
            return None;
        }
        let output = String::from_utf8(render(&source, &plan, "a.cpp", Finally::Guard)).unwrap();
        Some(output.strip_prefix("#line 1 \"a.cpp\"\n").unwrap().to_owned())
    }

    /// The same when files ask for everything of each other.
    pub fn rewritten_wholly(text: &str) -> Option<String> {
        let tokens = lexer::tokens(text.as_bytes());
        let source = Source { text: text.as_bytes(), tokens: &tokens };
        let mut plan = plan(&source);
        let (supers, exceptions) = (plan.uses_super, plan.makes_exceptions);
        plan.oblige(supers, exceptions);
        let output = String::from_utf8(render(&source, &plan, "a.cpp", Finally::Guard)).unwrap();
        Some(output.strip_prefix("#line 1 \"a.cpp\"\n").unwrap().to_owned())
    }

    /// The same for clang and C.
    pub fn rewritten_in_place(text: &str) -> Option<String> {
        let tokens = lexer::tokens(text.as_bytes());
        let source = Source { text: text.as_bytes(), tokens: &tokens };
        String::from_utf8(render(&source, &plan(&source), "a.cpp", Finally::InPlace)).ok()
    }

    #[test]
    fn no_two_edits_lie_over_each_other_in_ill_formed_text() {
        let text = include_bytes!("../../../../../fuzz/corpus/rewriter/overlap.cpp");
        let tokens = lexer::tokens(text);
        let source = Source { text, tokens: &tokens };
        let mut plan = plan(&source);
        plan.oblige(true, true);
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
