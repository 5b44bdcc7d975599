//! `investbuddy`: one executable, one verb a role.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::verbs::run(option_env!("INVESTBUDDY_REVISION").unwrap_or("unknown"))
}
