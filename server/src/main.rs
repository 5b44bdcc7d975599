//! `investbuddy`: one executable, one verb a role.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::verbs::run(option_env!("GIT_REVISION").unwrap_or("unknown"))
}
