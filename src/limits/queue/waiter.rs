//! A request that waits for a rate limit.

use std::{cmp::Ordering, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::Priority;

/// A request in the queue, ordered by priority, then by arrival.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) order: (Priority, u64),
    pub(super) deadline: Instant,
    /// Receives the permit, or the time that is needed if that is beyond the deadline.
    pub(super) permit: oneshot::Sender<Result<(), Duration>>,
}

/// Receives what is sent to a waiter.
pub(super) type Receiver = oneshot::Receiver<Result<(), Duration>>;

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiter {}

impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.cmp(&other.order)
    }
}
