//! What every command receives: the global options, the terminal and a way to run asynchronous work.

use crate::{failure::Failure, options::GlobalOptions, terminal::Terminal};

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
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.map_err(|e| Failure::files(format!("cannot start the asynchronous runtime: {e}")))?.block_on(work)
    }
}
