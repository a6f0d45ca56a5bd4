//! Ctrl-C during a wait.

use crate::{exit_code::Code, failure::Failure};

/// Runs work that Ctrl-C may interrupt; the hint then tells the user how to continue.
pub(crate) async fn interruptible<T, E: Into<Failure>>(
    work: impl Future<Output = Result<T, E>>,
    hint: impl FnOnce() -> String,
) -> Result<T, Failure> {
    tokio::select! {
        result = work => result.map_err(Into::into),
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Code::Interrupted, "interrupted").hint(hint())),
    }
}
