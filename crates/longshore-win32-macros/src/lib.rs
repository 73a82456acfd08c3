//! The attributes that make functions of `longshore-win32` part of its C API.
//!
//! [`macro@export`] is what every exported function has. It writes down the `extern "C"` function that
//! C calls, whose parameters are what C passes; what the attribute was put on stays inside, with
//! arguments that were checked and with ordinary Rust results. `ARCHITECTURE.md`, "The door of the C
//! face", shows the whole picture.
//!
//! The signature is all that has to be understood of a function, so that this crate reads tokens itself
//! instead of waiting for a parser of the whole language to be compiled.

mod function;
mod template;

use function::Function;
use proc_macro::{TokenStream, TokenTree};
use template::fill;

/// Exports a function to C under its own name.
///
/// ```ignore
/// /// Signals an event.
/// #[export]
/// pub fn SetEvent(event: Handle<Event>) -> Result<(), Win32Error> {
///     event.get()?.set();
///     Ok(())
/// }
/// ```
///
/// - Each parameter's type says what C passes and what it promises (`abi::argument::Argument`). If one of
///   them is a promise, such as a pointer that may be followed, the function says `pub unsafe fn`: that is
///   for Rust callers of the exported form. The body is safe code either way.
/// - The return type says what C gets (`abi::door::Answer`): an error becomes the
///   last error and the failure value.
/// - A panic ends here, as the failure value with `ERROR_INTERNAL_ERROR`.
///
/// Options:
///
/// - `failure = VALUE`: what the function returns when it failed, if that is not 0, NULL or FALSE.
/// - `callbacks`: the body calls functions of the program, which may end the thread (`ExitThread`), so
///   that this one may be unwound.
#[proc_macro_attribute]
pub fn export(options: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = Function::parse(item).and_then(|function| {
        let options = Options::parse(options)?;
        Ok(exported(&function, &options))
    });
    expanded.unwrap_or_else(|complaint| complaint.to_error())
}

/// What is said in the attribute's parentheses.
#[derive(Default)]
struct Options {
    failure: Option<TokenStream>,
    callbacks: bool,
}

impl Options {
    fn parse(options: TokenStream) -> Result<Options, function::Complaint> {
        let mut parsed = Options::default();
        for option in function::split_at_commas(options) {
            let mut tokens = option.clone().into_iter();
            match (tokens.next(), tokens.next()) {
                (Some(TokenTree::Ident(name)), None) if name.to_string() == "callbacks" => {
                    parsed.callbacks = true;
                }
                (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(sign)))
                    if name.to_string() == "failure" && sign.as_char() == '=' =>
                {
                    parsed.failure = Some(tokens.collect());
                }
                (first, _) => {
                    return Err(function::Complaint::at(
                        first.as_ref(),
                        "expected `callbacks` or `failure = VALUE`",
                    ));
                }
            }
        }
        Ok(parsed)
    }
}

fn exported(function: &Function, options: &Options) -> TokenStream {
    let mut passed = TokenStream::new(); // The parameters of the `extern` function.
    let mut arguments = TokenStream::new();
    let mut promises = TokenStream::new();
    for (index, parameter) in function.parameters.iter().enumerate() {
        let name: TokenStream =
            parameter.name.clone().unwrap_or_else(|| format!("_{index}").parse().expect("a name"));
        let values = [("NAME", name), ("TYPE", parameter.kind.clone())];
        passed.extend(fill("NAME: <TYPE as crate::abi::argument::Argument>::C,", &values));
        arguments.extend(fill("unsafe { <TYPE as crate::abi::argument::Argument>::from_c(NAME) },", &values));
        promises.extend(fill("|| <TYPE as crate::abi::argument::Argument>::PROMISE", &values));
    }
    let values = [
        ("ATTRIBUTES", function.attributes.clone()),
        ("VISIBILITY", function.visibility.clone()),
        ("NAME", function.name.clone()),
        ("PASSED", passed),
        ("PARAMETERS", function.written_parameters.clone()),
        ("RESULT", function.result.clone().unwrap_or_else(|| "()".parse().expect("a type"))),
        ("BODY", function.body.clone()),
        ("ARGUMENTS", arguments),
        ("PROMISES", promises),
        ("ABI", if options.callbacks { "\"C-unwind\"" } else { "\"C\"" }.parse().expect("a literal")),
    ];
    let head = match function.is_unsafe {
        true => {
            r##"
            ATTRIBUTES
            #[doc = "\n\n# Safety\nThe arguments are what Windows' page of this function asks for; `abi::argument` says which of it is checked."]
            #[unsafe(no_mangle)]
            VISIBILITY unsafe extern ABI fn NAME"##
        }
        // A handle looks like a pointer to clippy. What it means to forbid is what the assertion below does.
        false => {
            r#"
            ATTRIBUTES
            #[allow(clippy::not_unsafe_ptr_arg_deref)]
            #[unsafe(no_mangle)]
            VISIBILITY extern ABI fn NAME"#
        }
    };
    let rest = if function.never_returns() {
        r#"(PASSED) -> ! {
            #[allow(clippy::too_many_arguments, clippy::missing_safety_doc)]
            fn NAME(PARAMETERS) -> ! BODY
            NAME(ARGUMENTS)
        }"#
    } else {
        r#"(PASSED) -> <RESULT as crate::abi::door::Answer>::C {
            #[allow(clippy::too_many_arguments)]
            fn NAME(PARAMETERS) -> RESULT BODY
            PROMISED
            crate::abi::door::ENTER(stringify!(NAME), FAILURE, || NAME(ARGUMENTS))
        }"#
    };
    let promised = match function.is_unsafe {
        true => TokenStream::new(),
        false => fill(
            r#"const { assert!(!(false PROMISES), "a C caller's promise is among the arguments: `pub unsafe fn`") };"#,
            &values,
        ),
    };
    let enter = if options.callbacks { "enter_unwound" } else { "enter" };
    let default = || fill("<RESULT as crate::abi::door::Answer>::FAILURE", &values);
    let failure = options.failure.clone().unwrap_or_else(default);
    let more = [("PROMISED", promised), ("ENTER", enter.parse().expect("a name")), ("FAILURE", failure)];
    let values: Vec<_> = values.into_iter().chain(more).collect();
    [fill(head, &values), fill(rest, &values)].into_iter().collect()
}
