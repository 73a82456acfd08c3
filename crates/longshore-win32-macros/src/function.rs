//! The parts of a function, as far as its signature tells them apart.

use proc_macro::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// A function as it was written.
pub(crate) struct Function {
    /// Documentation and attributes.
    pub(crate) attributes: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) is_unsafe: bool,
    pub(crate) name: TokenStream,
    /// What is in the parentheses.
    pub(crate) written_parameters: TokenStream,
    pub(crate) parameters: Vec<Parameter>,
    /// `None` if no type follows.
    pub(crate) result: Option<TokenStream>,
    /// With its braces.
    pub(crate) body: TokenStream,
}

pub(crate) struct Parameter {
    /// `None` for `_`.
    pub(crate) name: Option<TokenStream>,
    pub(crate) kind: TokenStream,
}

/// What is wrong with the code that the attribute is on, and where.
pub(crate) struct Complaint(Span, String);

impl Complaint {
    pub(crate) fn at(token: Option<&TokenTree>, text: &str) -> Complaint {
        Complaint(token.map_or_else(Span::call_site, TokenTree::span), text.to_owned())
    }

    pub(crate) fn to_error(&self) -> TokenStream {
        let error: TokenStream = format!("compile_error! {{ {:?} }}", self.1).parse().expect("an error");
        let place = self.0;
        let placed = |mut token: TokenTree| {
            token.set_span(place);
            token
        };
        error.into_iter().map(placed).collect()
    }
}

impl Function {
    pub(crate) fn parse(item: TokenStream) -> Result<Function, Complaint> {
        let mut tokens = item.into_iter().peekable();
        let mut attributes = TokenStream::new();
        while let Some(TokenTree::Punct(sign)) = tokens.peek()
            && sign.as_char() == '#'
        {
            attributes.extend(tokens.by_ref().take(2));
        }
        let mut visibility = TokenStream::new();
        let mut is_unsafe = false;
        let name = loop {
            match tokens.next() {
                Some(TokenTree::Ident(word)) if word.to_string() == "fn" => break tokens.next(),
                Some(TokenTree::Ident(word)) if word.to_string() == "unsafe" => is_unsafe = true,
                Some(TokenTree::Ident(word)) if word.to_string() == "extern" => {
                    return Err(Complaint(word.span(), "the attribute makes it `extern` already".to_owned()));
                }
                Some(token) => visibility.extend([token]),
                None => return Err(Complaint::at(None, "expected a function")),
            }
        };
        let name = name.ok_or_else(|| Complaint::at(None, "expected a name"))?;
        let parameters = match tokens.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => group,
            other => {
                return Err(Complaint::at(other.as_ref(), "a function for C has no generic parameters"));
            }
        };
        let mut rest: Vec<TokenTree> = tokens.collect();
        let body = rest.pop();
        let Some(body @ TokenTree::Group(_)) = body else {
            return Err(Complaint::at(body.as_ref(), "expected a body"));
        };
        // What is left begins with the two signs of the arrow.
        let result = (rest.len() > 2).then(|| rest.drain(2..).collect());
        Ok(Function {
            attributes,
            visibility,
            is_unsafe,
            name: TokenStream::from(name),
            parameters: split_at_commas(parameters.stream())
                .into_iter()
                .map(Parameter::parse)
                .collect::<Result<_, _>>()?,
            written_parameters: parameters.stream(),
            result,
            body: TokenStream::from(body),
        })
    }

    pub(crate) fn never_returns(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.to_string() == "!")
    }
}

impl Parameter {
    fn parse(written: TokenStream) -> Result<Parameter, Complaint> {
        let mut tokens = written.into_iter();
        let mut pattern = Vec::new();
        for token in tokens.by_ref() {
            if matches!(&token, TokenTree::Punct(sign) if sign.as_char() == ':') {
                break;
            }
            pattern.push(token);
        }
        let name = match pattern.as_slice() {
            [TokenTree::Ident(name)] if name.to_string() == "_" => None,
            // The body's own copy of it may be `mut`.
            [.., name @ TokenTree::Ident(_)] => Some(TokenStream::from(name.clone())),
            other => return Err(Complaint::at(other.last(), "expected a name and its type")),
        };
        Ok(Parameter { name, kind: tokens.collect() })
    }
}

/// The parts between commas, but for those inside of `<>`.
pub(crate) fn split_at_commas(list: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    let mut depth = 0;
    let mut arrow = false;
    for token in list {
        if let TokenTree::Punct(sign) = &token {
            match sign.as_char() {
                '<' => depth += 1,
                '>' if !arrow => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(TokenStream::new());
                    continue;
                }
                _ => {}
            }
            arrow = sign.as_char() == '-' && sign.spacing() == Spacing::Joint;
        } else {
            arrow = false;
        }
        parts.last_mut().expect("never empty").extend([token]);
    }
    parts.retain(|part| !part.is_empty());
    parts
}
