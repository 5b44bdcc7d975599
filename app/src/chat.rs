//! A conversation as the page holds it: its turns, and the answer that is being written.

mod session;
mod speech;
mod turn;
mod typewriter;

pub(crate) use self::session::Chat;
pub(crate) use self::turn::{Answer, Progress, State, ToolUse, Turn};
