//! `longshore cc`, `c++` and `install`, with the compilers of this machine.

mod cmake;
mod command_line;
mod exceptions;
mod install;
mod libraries;
mod log;
mod own_names;
mod sources;
mod windows;
