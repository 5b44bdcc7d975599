//! Holds what a language model writes to the evidence that it was given.
//!
//! [`Evidence`] knows every number of the passages, of the tools' answers and of the reader's question. [`Guard`] reads
//! a model's text as it streams and lets a sentence go only once it is whole and holds: its numbers occur in the
//! evidence, the marks it cites were given, and it neither tells anybody to buy or to sell nor promises anything.
//! [`neutralise`] makes text of strangers safe to put into a prompt. All of it is pure text work: no clock, no network.
//!
//! What it does not see: whether a true number is said about the right thing, and the sign of a number ("fell by 3 %"
//! and "rose by 3 %" are both held by "-3 %").

mod claims;
mod evidence;
mod guard;
mod number_words;
mod numbers;
mod repetition;
mod units;
mod untrusted;

pub use evidence::Evidence;
pub use guard::Guard;
pub use untrusted::{is_invisible, neutralise};

#[cfg(test)]
mod tests;
