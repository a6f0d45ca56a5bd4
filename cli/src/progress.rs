//! Progress bars: waiting for a job, transferring a file, running a batch.

use std::{fmt::Write as _, time::Duration};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use pruna::{Model, Progress};

use crate::{console, terminal::Terminal, units::format_duration};

/// Width of a bar in columns.
const WIDTH: usize = 20;

/// Shows a wait for a job until dropped: elapsed time against the model's typical time.
pub(crate) struct WaitBar(ProgressBar);

/// Shows the bytes of a transfer until finished.
pub(crate) struct TransferBar(ProgressBar);

/// Shows how many items of a batch are finished, until dropped.
pub(crate) struct BatchBar(ProgressBar);

impl WaitBar {
    pub(crate) fn start(terminal: &Terminal, model: Option<&Model>, message: &str) -> Self {
        let documented = model.filter(|model| model.is_documented());
        let typical = documented.map(|model| Duration::from_secs_f64(model.info().typical_seconds));
        let style = style("{spinner} {msg} {share} {time}")
            .with_key("share", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = typical.map(|typical| out.write_str(&time_bar(state.elapsed(), typical)));
            })
            .with_key("time", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = out.write_str(&time(state.elapsed(), typical));
            });
        let bar = Self(terminal.add_bar(ProgressBar::new_spinner().with_style(style)));
        bar.set_message(message);
        bar
    }

    /// Sets the text beside the bar.
    pub(crate) fn set_message(&self, message: &str) {
        self.0.set_message(console::bar_message(message));
    }
}

impl Drop for WaitBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl TransferBar {
    pub(crate) fn start(terminal: &Terminal, name: &str) -> Self {
        let style = style("{spinner} {msg} {bar:20} {bytes} of {total_bytes}").progress_chars("━╸ ");
        let bar = terminal.add_bar(ProgressBar::no_length().with_style(style));
        bar.set_message(console::bar_message(name));
        Self(bar)
    }

    /// Returns a progress callback that updates the bar.
    pub(crate) fn callback(&self) -> impl Fn(Progress) + Send + Sync + use<> {
        let bar = Self(self.0.clone());
        move |progress| bar.set(progress.bytes, progress.total)
    }

    /// Sets the number of transferred bytes, and of all bytes if it is known.
    pub(crate) fn set(&self, bytes: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(bytes);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl BatchBar {
    pub(crate) fn start(terminal: &Terminal, items: usize) -> Self {
        let style = style("{spinner} {pos} of {len} {bar:20} {elapsed}, {eta} left{msg}").progress_chars("━╸ ");
        let bar = terminal.add_bar(ProgressBar::new(items as u64).with_style(style));
        Self(bar)
    }

    /// Counts one more finished item.
    pub(crate) fn increment(&self) {
        self.0.inc(1);
    }

    /// Sets the texts beside the bar.
    pub(crate) fn set_facts(&self, facts: impl IntoIterator<Item = String>) {
        self.0.set_message(facts.into_iter().map(|fact| format!(", {fact}")).collect::<String>());
    }
}

impl Drop for BatchBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Creates a style, colored if stderr takes colors.
fn style(template: &str) -> ProgressStyle {
    let template = match console::is_stderr_colored() {
        true => template.replace("{spinner}", "{spinner:.cyan}").replace("{bar:20}", "{bar:20.cyan}"),
        false => template.to_owned(),
    };
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// Draws a bar that is full when the typical time has passed.
fn time_bar(elapsed: Duration, typical: Duration) -> String {
    let share = (elapsed.as_secs_f64() / typical.as_secs_f64().max(0.001)).min(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let filled = (share * WIDTH as f64) as usize;
    format!("{}{}", "━".repeat(filled), " ".repeat(WIDTH - filled))
}

/// Formats the elapsed time and, if known, the typical one.
fn time(elapsed: Duration, typical: Option<Duration>) -> String {
    let mut text = format_duration(elapsed);
    if let Some(typical) = typical {
        let _ = write!(text, ", typically {}", format_duration(typical));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_of_a_long_wait_is_full() {
        let second = Duration::from_secs(1);
        assert_eq!(time_bar(second / 2, second).trim_end().chars().count(), WIDTH / 2);
        assert_eq!(time_bar(second * 100, second).chars().count(), WIDTH);
    }

    #[test]
    fn a_wait_shows_the_typical_time_if_it_is_known() {
        let second = Duration::from_secs(1);
        assert_eq!(time(second * 2, Some(second)), "2.0 s, typically 1.0 s");
        assert_eq!(time(second * 2, None), "2.0 s");
    }
}
