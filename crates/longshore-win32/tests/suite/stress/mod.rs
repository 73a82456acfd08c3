//! Many things at once, and what nobody would call: operations that are counted to the last packet, races, random
//! sequences and arguments of calls, and little of what calls need.

mod accounting;
mod call_sequences;
mod few_descriptors;
mod forks;
mod hostile_arguments;
mod little_memory;
mod races;
