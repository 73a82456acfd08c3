//! The name of a registration in the reactor.

/// Identifies a registration: its place, and a number that is never used again for that place (D13, C6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) place: u32,
    pub(crate) generation: u32,
}

impl Token {
    pub(crate) fn to_event(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.place)
    }

    pub(crate) fn from_event(data: u64) -> Token {
        Token { place: data as u32, generation: (data >> 32) as u32 }
    }
}
