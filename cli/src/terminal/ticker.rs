//! Redrawing progress bars in which nothing happens: one thread for all of them.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, WeakProgressBar};

/// Interval between two redraws.
const INTERVAL: Duration = Duration::from_millis(100);

/// The bars that are redrawn, until they are dropped.
type Bars = Mutex<Vec<WeakProgressBar>>;

/// Redraws bars at regular intervals, so that times and spinners move. Its thread runs from the first bar on.
#[derive(Default)]
pub(super) struct Ticker {
    bars: Mutex<Option<Arc<Bars>>>,
}

impl Ticker {
    pub(super) fn add(&self, bar: &ProgressBar) {
        let mut started = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let bars = started.get_or_insert_with(|| {
            let bars = Arc::new(Bars::default());
            let weak = Arc::downgrade(&bars);
            // Without the thread, bars are redrawn only at progress.
            let _ = thread::Builder::new().name("progress".into()).spawn(move || run(&weak));
            bars
        });
        bars.lock().unwrap_or_else(PoisonError::into_inner).push(bar.downgrade());
    }
}

/// Redraws until the ticker is dropped.
fn run(bars: &Weak<Bars>) {
    while let Some(bars) = bars.upgrade() {
        let mut live = Vec::new();
        bars.lock().unwrap_or_else(PoisonError::into_inner).retain(|bar| {
            let bar = bar.upgrade().filter(|bar| !bar.is_finished());
            let is_live = bar.is_some();
            live.extend(bar);
            is_live
        });
        // Drawing takes time, during which bars may be added.
        for bar in live {
            bar.tick();
        }
        drop(bars);
        thread::sleep(INTERVAL);
    }
}
