//! Bars: the wait for a job, the bytes of a transfer.

use std::{fmt::Write as _, time::Duration};

use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};
use pruna::{Model, Progress};

use crate::terminal::{self, Terminal};

/// Columns of a bar.
const WIDTH: usize = 20;

/// A wait whose end nobody knows: time that has passed against the time that is usual.
pub(crate) struct Waiting(ProgressBar);

/// Bytes on their way.
#[derive(Clone)]
pub(crate) struct Transfer(ProgressBar);

impl Terminal {
    /// Shows a wait for a model until it is dropped.
    pub(crate) fn waiting(&self, model: &Model, what: &str) -> Waiting {
        let usual = model.is_documented().then(|| Duration::from_secs_f64(model.info().typical_seconds));
        let style = style("{spinner} {msg} {share} {clock}")
            .with_key("share", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = usual.map(|usual| out.write_str(&share(state.elapsed(), usual)));
            })
            .with_key("clock", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = out.write_str(&clock(state.elapsed(), usual));
            });
        let bar = self.bars.add(ProgressBar::new_spinner().with_style(style));
        bar.enable_steady_tick(Duration::from_millis(100));
        let waiting = Waiting(bar);
        waiting.say(what);
        waiting
    }

    /// Shows a transfer until it is dropped.
    pub(crate) fn transfer(&self, name: &str) -> Transfer {
        let style = style("{spinner} {msg} {bar:20} {bytes} of {total_bytes}").progress_chars("━╸ ");
        let bar = self.bars.add(ProgressBar::no_length().with_style(style));
        bar.set_message(shortened(name));
        bar.enable_steady_tick(Duration::from_millis(100));
        Transfer(bar)
    }
}

/// Many items on their way.
pub(crate) struct Items(ProgressBar);

impl Terminal {
    /// Shows how many items of a batch have ended, until it is dropped.
    pub(crate) fn items(&self, count: usize) -> Items {
        let style = style("{spinner} {pos} of {len} {bar:20} {msg} {elapsed}, {eta} left").progress_chars("━╸ ");
        let bar = self.bars.add(ProgressBar::new(count as u64).with_style(style));
        bar.enable_steady_tick(Duration::from_millis(100));
        Items(bar)
    }
}

impl Items {
    /// One more has ended; some without a result.
    pub(crate) fn ended(&self, without_result: usize) {
        self.0.inc(1);
        if without_result > 0 {
            self.0.set_message(format!("{without_result} without a result"));
        }
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Waiting {
    /// What is being waited for.
    pub(crate) fn say(&self, what: &str) {
        self.0.set_message(shortened(what));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Transfer {
    /// Something to be called back with the progress.
    pub(crate) fn observer(&self) -> impl Fn(Progress) + Send + Sync + use<> {
        let bar = self.0.clone();
        move |progress| {
            if let Some(total) = progress.total {
                bar.set_length(total);
            }
            bar.set_position(progress.bytes);
        }
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A style in the colours that stderr takes.
fn style(template: &str) -> ProgressStyle {
    let template = match terminal::colored() {
        true => template.replace("{spinner}", "{spinner:.cyan}").replace("{bar:20}", "{bar:20.cyan}"),
        false => template.to_owned(),
    };
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A bar that is full when the usual time is over.
fn share(elapsed: Duration, usual: Duration) -> String {
    let share = (elapsed.as_secs_f64() / usual.as_secs_f64().max(0.001)).min(1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let filled = (share * WIDTH as f64) as usize;
    format!("{}{}", "━".repeat(filled), " ".repeat(WIDTH - filled))
}

fn clock(elapsed: Duration, usual: Option<Duration>) -> String {
    let mut text = seconds(elapsed);
    if let Some(usual) = usual {
        let _ = write!(text, " of usually {}", seconds(usual));
    }
    text
}

/// A duration as people say it: `1.2 s`, `45 s`, `20 min`.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs_f64() {
        few if few < 9.95 => format!("{few:.1} s"),
        some if some < 99.5 => format!("{some:.0} s"),
        many => format!("{:.0} min", many / 60.0),
    }
}

/// A number of bytes as people say it.
pub(crate) fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// A text that leaves room for a bar.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 32;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_naturally() {
        for (millis, expected) in
            [(0, "0.0 s"), (1234, "1.2 s"), (9990, "10 s"), (45_000, "45 s"), (1_200_000, "20 min")]
        {
            assert_eq!(seconds(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_wait_longer_than_usual_fills_the_bar_and_no_more() {
        let second = Duration::from_secs(1);
        assert_eq!(share(second / 2, second).trim_end().chars().count(), WIDTH / 2);
        assert_eq!(share(second * 100, second).chars().count(), WIDTH);
    }
}
