//! Signals that end the program: each interrupts the work under way, so that it is cleaned up and explained.

use std::sync::{LazyLock, Once};

use tokio::sync::watch;

use crate::{exit_code::Code, failure::Failure};

/// All signals since the program began to listen, in their order.
static RECEIVED: LazyLock<watch::Sender<Vec<Signal>>> = LazyLock::new(|| watch::Sender::new(Vec::new()));

/// A request from outside to end the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C or SIGINT; on Windows also Ctrl-Break.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP, or a closed console on Windows.
    HangUp,
}

impl Signal {
    /// Returns the failure of a run that ended because of the signal.
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Interrupt => Failure::new(Code::Interrupted, "interrupted"),
            Self::Terminate => Failure::new(Code::Terminated, "terminated by SIGTERM"),
            Self::HangUp => Failure::new(Code::HungUp, "the terminal was closed"),
        }
    }
}

/// The signals of the process, in their order.
///
/// Every listener receives all signals since the first listener of the process, even those that arrived before it was created
/// itself: none is lost between two steps of a command.
pub(crate) struct Signals {
    received: watch::Receiver<Vec<Signal>>,
    /// Number of signals that [`next`](Self::next) has returned.
    seen: usize,
}

impl Signals {
    /// Listens from now on; until then, signals have the default effect, which ends the process. Must be called within the
    /// asynchronous runtime.
    pub(crate) fn listen() -> Self {
        static LISTENER: Once = Once::new();
        LISTENER.call_once(platform::listen);
        Self { received: RECEIVED.subscribe(), seen: 0 }
    }

    /// Waits for the next signal. Cancel safe.
    pub(crate) async fn next(&mut self) -> Signal {
        loop {
            if let Some(signal) = self.pending() {
                return signal;
            }
            if self.received.changed().await.is_err() {
                // The sender is static.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Returns the next signal if it has arrived already.
    pub(crate) fn pending(&mut self) -> Option<Signal> {
        let signal = self.received.borrow_and_update().get(self.seen).copied()?;
        self.seen += 1;
        Some(signal)
    }
}

/// Runs work that a signal may interrupt; the hint then tells the user how to continue.
pub(crate) async fn interruptible<T, E: Into<Failure>>(
    work: impl Future<Output = Result<T, E>>,
    hint: impl FnOnce() -> String,
) -> Result<T, Failure> {
    let mut signals = Signals::listen();
    // Work is not begun after a signal.
    if let Some(signal) = signals.pending() {
        return Err(signal.failure().hint(hint()));
    }
    tokio::select! {
        biased;
        // What is finished is kept, such as the id of a job.
        result = work => result.map_err(Into::into),
        signal = signals.next() => Err(signal.failure().hint(hint())),
    }
}

/// Adds a signal.
fn record(signal: Signal) {
    RECEIVED.send_modify(|received| received.push(signal));
}

#[cfg(unix)]
mod platform {
    use tokio::signal::unix::{SignalKind, signal};

    use super::{Signal, record};

    /// Installs the handlers. One that cannot be installed leaves the default effect.
    pub(super) fn listen() {
        let mut signals =
            vec![(SignalKind::interrupt(), Signal::Interrupt), (SignalKind::terminate(), Signal::Terminate)];
        if !ignores_hang_up() {
            signals.push((SignalKind::hangup(), Signal::HangUp));
        }
        for (kind, name) in signals {
            let Ok(mut stream) = signal(kind) else { continue };
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    record(name);
                }
            });
        }
    }

    /// Whether the program was told to survive its terminal, as by `nohup`.
    #[cfg(target_os = "linux")]
    fn ignores_hang_up() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
    }

    /// Whether the program was told to survive its terminal: `nohup` redirects stderr, and the set of ignored signals cannot
    /// be read here.
    #[cfg(not(target_os = "linux"))]
    fn ignores_hang_up() -> bool {
        !std::io::IsTerminal::is_terminal(&std::io::stderr())
    }
}

#[cfg(windows)]
mod platform {
    use tokio::signal::windows;

    use super::{Signal, record};

    /// Installs the handlers. One that cannot be installed leaves the default effect.
    pub(super) fn listen() {
        /// Forwards one kind of signal.
        macro_rules! forward {
            ($($listen:path => $name:expr;)+) => {$(
                if let Ok(mut stream) = $listen() {
                    tokio::spawn(async move {
                        while stream.recv().await.is_some() {
                            record($name);
                        }
                    });
                }
            )+};
        }
        forward! {
            windows::ctrl_c => Signal::Interrupt;
            windows::ctrl_break => Signal::Interrupt;
            windows::ctrl_close => Signal::HangUp;
        }
    }
}
