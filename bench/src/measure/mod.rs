//! How a figure is taken: rounds that alternate, processes whose CPU and memory the kernel accounts, instructions counted by
//! callgrind, and tables of ratios.

pub mod callgrind;
pub mod child;
pub mod neighbours;
pub mod process;
pub mod rounds;
pub mod table;
