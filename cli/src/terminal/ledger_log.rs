//! What the library logs about the ledger, shown as warnings.

use std::fmt::{Debug, Write as _};

use indicatif::MultiProgress;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::{Context, Layer, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

/// The part of the library whose log matters to users: it has no other way to report, because it must not disturb submissions.
const TARGET: &str = "pruna::ledger";

/// Shows warnings about the ledger above the progress bars.
pub(super) fn start(bars: MultiProgress) {
    let only_ledger = Targets::new().with_target(TARGET, LevelFilter::WARN);
    // A log that is there already is as good.
    let _ = tracing_subscriber::registry().with(LedgerLog(bars).with_filter(only_ledger)).try_init();
}

struct LedgerLog(MultiProgress);

impl<S: Subscriber> Layer<S> for LedgerLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        self.0.suspend(|| super::print_warning(format_args!("{}{}", text.message, text.fields)));
    }
}

/// The message of an event, and its fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, ", {name}: {value:?}"),
        };
    }
}
