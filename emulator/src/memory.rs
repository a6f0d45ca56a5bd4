//! A limit on the memory that requests in progress use together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes in use, up to a limit.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    limit: usize,
    used: AtomicUsize,
}

impl MemoryLimit {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }

    /// Returns a reservation of no bytes, which can be increased.
    pub(crate) fn reservation(memory: &Arc<Self>) -> Reservation {
        Reservation { memory: Arc::clone(memory), bytes: 0 }
    }
}

/// Reserved bytes. They are free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    memory: Arc<MemoryLimit>,
    bytes: usize,
}

impl Reservation {
    /// Reserves more bytes. Returns `false`, and reserves nothing, if they would exceed the limit.
    pub(crate) fn increase(&mut self, bytes: usize) -> bool {
        let within_limit = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.memory.limit);
        let is_reserved = self.memory.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within_limit).is_ok();
        if is_reserved {
            self.bytes += bytes;
        }
        is_reserved
    }

    /// Frees all bytes.
    pub(crate) fn clear(&mut self) {
        self.memory.used.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_reservations_together_stay_within_the_limit() {
        let memory = Arc::new(MemoryLimit::new(10));
        let (mut first, mut second) = (MemoryLimit::reservation(&memory), MemoryLimit::reservation(&memory));
        assert!(first.increase(4) && second.increase(6));
        assert!(!first.increase(1) && !second.increase(usize::MAX));
        drop(second);
        assert!(first.increase(6) && !first.increase(1));
    }
}
