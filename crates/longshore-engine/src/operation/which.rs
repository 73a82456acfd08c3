//! Which operations a cancel is aimed at.

use super::Tag;

/// Which operations of a handle a cancel is aimed at.
#[derive(Clone, Copy)]
pub(crate) enum Which<'a> {
    /// The one with this id.
    One(u64),
    /// Every one.
    All,
    /// Those whose tag the face recognises.
    Matching(&'a dyn Fn(Tag) -> bool),
}

impl Which<'_> {
    pub(crate) fn matches(self, id: u64, tag: Tag) -> bool {
        match self {
            Which::One(wanted) => wanted == id,
            Which::All => true,
            Which::Matching(recognised) => recognised(tag),
        }
    }
}
