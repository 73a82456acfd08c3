//! Code with gaps.

use proc_macro::{Group, TokenStream, TokenTree};

/// The code of a template, with the names in capitals replaced by what they stand for.
pub(crate) fn fill(template: &str, values: &[(&str, TokenStream)]) -> TokenStream {
    replace(template.parse().expect("a template of this crate"), values)
}

fn replace(template: TokenStream, values: &[(&str, TokenStream)]) -> TokenStream {
    let mut filled = TokenStream::new();
    for token in template {
        match token {
            TokenTree::Ident(name) => {
                let name_text = name.to_string();
                match values.iter().find(|(gap, _)| *gap == name_text) {
                    Some((_, value)) => filled.extend(value.clone()),
                    None => filled.extend([TokenTree::Ident(name)]),
                }
            }
            TokenTree::Group(group) => {
                let inner = replace(group.stream(), values);
                filled.extend([TokenTree::Group(Group::new(group.delimiter(), inner))]);
            }
            token => filled.extend([token]),
        }
    }
    filled
}
