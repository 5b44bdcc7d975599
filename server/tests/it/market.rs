//! Market data from end to end: archives, exchanges, the store, and what readers see.

mod archive;
mod exchange;
mod following;
mod support;
mod verb;
