//! The server seen from outside: one binary, so that it is linked once.

mod market;
