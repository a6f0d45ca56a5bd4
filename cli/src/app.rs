//! What every command receives: the global options, the terminal and a way to run asynchronous work.

use std::time::Duration;

use crate::{failure::Failure, options::GlobalOptions, terminal::Terminal};

/// Maximum number of threads for files and name resolution.
const MAX_BLOCKING_THREADS: usize = 32;
/// Maximum time that an interrupted program waits for files: a pipe that nobody reads would keep it forever.
const INTERRUPTED_GRACE: Duration = Duration::from_secs(1);

/// The context of a command.
pub(crate) struct App {
    pub(crate) global: GlobalOptions,
    pub(crate) terminal: Terminal,
}

impl App {
    pub(crate) fn new(global: GlobalOptions) -> Self {
        let terminal = Terminal::new(global.quiet, global.verbose);
        Self { global, terminal }
    }

    /// Runs asynchronous work to its end.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).max_blocking_threads(MAX_BLOCKING_THREADS).enable_all().build();
        let runtime = runtime.map_err(|e| Failure::files(format!("cannot start the asynchronous runtime: {e}")))?;
        let result = runtime.block_on(work);
        if result.as_ref().is_err_and(|failure| failure.code.is_signal()) {
            runtime.shutdown_timeout(INTERRUPTED_GRACE);
        }
        result
    }
}
