//! The headers, seen by the compilers of this machine.

mod absent;
mod crt;
mod exports;
mod headers;
mod layouts;
mod valgrind;
