//! Exit codes.

use std::process::ExitCode;

/// How the command ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Exit {
    /// 0: nothing to complain of.
    Good,
    /// 1: findings that count; tests that failed; files that are not formatted.
    Bad,
    /// 2: wrong use, configuration, or policies that do not compile.
    Usage,
    /// 3: an input could not be read, or nothing was evaluated.
    Unread,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Good => 0,
            Exit::Bad => 1,
            Exit::Usage => 2,
            Exit::Unread => 3,
        })
    }
}
