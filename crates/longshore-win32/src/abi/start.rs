//! What happens when a program with this library starts, before its own constructors and `main`.

/// An entry of the list that the loader goes through. Whoever refers to it has the linker take it, and this module,
/// out of the archive.
#[used]
#[unsafe(link_section = ".init_array")]
pub(crate) static START: extern "C" fn() = start;

/// Runs alone: there is one thread, and nothing of the program's has run.
extern "C" fn start() {
    // The program has no `tracing` of its own to hear of us with.
    longshore_log::install();
}
