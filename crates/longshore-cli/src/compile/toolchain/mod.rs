//! What is installed: the compiler behind the wrapper, and the SDK.

pub mod compiler;
pub mod private_names;
pub mod sdk;
pub mod spellings;
