//! Settings of a client.

use std::{sync::Arc, time::Duration};

use crate::{Model, duration::DurationEstimator, poll::PollPolicy};

/// Minimum default deadline of a generation.
const MIN_DEADLINE: Duration = Duration::from_secs(10 * 60);
/// The default deadline, as a multiple of the model's typical duration.
const DEADLINE_FACTOR: f64 = 10.0;
/// Default deadline of a transfer, including its retries.
const TRANSFER_DEADLINE: Duration = Duration::from_secs(60 * 60);

/// Timeouts of single requests.
#[derive(Clone, Debug)]
pub(crate) struct Timeouts {
    /// Maximum time to establish a connection.
    pub(crate) connect: Duration,
    /// Maximum time from the first byte sent to the last byte received, for JSON.
    pub(crate) attempt: Duration,
    /// Maximum time without a byte in either direction, for files.
    pub(crate) idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), attempt: Duration::from_secs(30), idle: Duration::from_secs(30) }
    }
}

/// Settings of a client apart from those of its transport.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) poll: Arc<dyn PollPolicy>,
    pub(crate) durations: DurationEstimator,
    pub(crate) strict_inputs: bool,
    /// Maximum size of a download in bytes.
    pub(crate) max_download: u64,
    pub(crate) deadline: Option<Duration>,
}

impl Config {
    /// Returns the maximum duration of a generation by this model.
    pub(crate) fn deadline(&self, model: Option<&Model>) -> Duration {
        let typical = model.map_or(0.0, |model| model.info().typical_seconds);
        let by_model = Duration::from_secs_f64(typical * DEADLINE_FACTOR).max(MIN_DEADLINE);
        self.deadline.unwrap_or(by_model)
    }

    /// Returns the maximum duration of one upload or download, including its retries.
    pub(crate) fn transfer_deadline(&self) -> Duration {
        self.deadline.unwrap_or(TRANSFER_DEADLINE)
    }
}
