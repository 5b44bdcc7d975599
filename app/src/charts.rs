//! Charts: small pictures that the server draws as SVG, and the interactive one.
//!
//! Pictures are laid out on a square of 100 by 100 that stretches with its box; strokes keep their width. No style
//! attribute is used anywhere, so that the content security policy may forbid them.

pub(crate) mod axis;
pub(crate) mod band;
pub(crate) mod interactive;
pub(crate) mod legend;
pub(crate) mod months;
pub(crate) mod outcomes;
pub(crate) mod outlook;
pub(crate) mod path;
pub(crate) mod picture;
pub(crate) mod range;
pub(crate) mod reliability;
pub(crate) mod scale;
pub(crate) mod session;
pub(crate) mod sparkline;
pub(crate) mod timeline;
