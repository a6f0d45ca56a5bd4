//! Turns: items decide in their order whether they need a part of the budget, however they are scheduled.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

/// The turns of the items of a batch.
#[derive(Debug)]
pub(super) struct Turns {
    next: AtomicU64,
    /// Later turns that are over already.
    over: Mutex<BTreeSet<u64>>,
    /// The first turn that is not over.
    first: watch::Sender<u64>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { next: AtomicU64::new(0), over: Mutex::default(), first: watch::Sender::new(0) }
    }

    /// Returns the number of the next item.
    pub(super) fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the turn of the item with this number.
    pub(super) fn turn(&self, number: u64) -> Turn<'_> {
        Turn { turns: self, number }
    }
}

/// The turn of an item. It is over when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    number: u64,
}

impl Turn<'_> {
    /// Waits until the turns of all earlier items are over.
    pub(super) async fn wait(&self) {
        // Always successful: the sender outlives the turn.
        let _ = self.turns.first.subscribe().wait_for(|first| *first >= self.number).await;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut over = self.turns.over.lock().unwrap_or_else(PoisonError::into_inner);
        over.insert(self.number);
        self.turns.first.send_modify(|first| {
            while over.remove(first) {
                *first += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_turn_comes_when_all_earlier_ones_are_over_in_whatever_order() {
        let turns = Turns::new();
        let [first, second, third, fourth] = [(); 4].map(|()| turns.turn(turns.next()));
        let has_come = |turn: &Turn<'_>| turn.wait().now_or_never().is_some();
        assert_eq!([&first, &second, &fourth].map(has_come), [true, false, false]);
        drop(third);
        drop(second);
        assert!(!has_come(&fourth));
        drop(first);
        assert!(has_come(&fourth));
    }
}
