//! The exported functions by name.
#![allow(clashing_extern_declarations, missing_docs)] // Generated: only the addresses count, not the types.

/// A function of any type.
pub type Function = unsafe extern "C" fn();

include!(concat!(env!("OUT_DIR"), "/exports.rs"));

/// The function of a name. Names that the C library has too are exported with a prefix.
pub(crate) fn find(name: &str) -> Option<Function> {
    let exact = |name: &str| {
        let index = EXPORTS.binary_search_by_key(&name, |&(known, _)| known).ok()?;
        Some(EXPORTS[index].1)
    };
    exact(name).or_else(|| exact(&format!("longshore_{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_under_windows_names_only() {
        let address = find("GetProcAddress").map(|function| function as usize);
        assert_eq!(address, Some(crate::system::module::GetProcAddress as *const () as usize));
        assert!(find("bind").is_some(), "the C library has one too");
        assert!(find("wsprintfA").is_some() && find("read").is_none() && find("").is_none());
    }
}
