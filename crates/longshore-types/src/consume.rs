//! What becomes of the result of a call that is made a million times a second.

/// What becomes of a result: it is handed to this instead of being returned, so that nothing has to be moved, and so
/// that what is known of it where it came to be need not be asked again. A trait rather than a closure, because a
/// method can ask to be inlined.
pub trait Consume<T> {
    /// What it makes of the result.
    type Output;

    /// Called once, outside every lock.
    fn consume(self, result: T) -> Self::Output;
}

/// The result itself.
#[derive(Clone, Copy, Debug)]
pub struct AsItIs;

impl<T> Consume<T> for AsItIs {
    type Output = T;

    #[inline(always)]
    fn consume(self, result: T) -> T {
        result
    }
}
