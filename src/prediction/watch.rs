//! A wait as a stream.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream};

use super::{Event, waiter::Waiter};
use crate::{Result, stream::BoxStream};

/// A wait as a stream of events: see [`Prediction::watch`](crate::Prediction::watch).
#[must_use = "a stream does nothing unless it is read"]
pub struct Watch {
    events: BoxStream<Result<Event>>,
}

impl Watch {
    pub(super) fn new(waiter: Waiter) -> Self {
        let first = waiter.started();
        let polls = stream::unfold(Some(waiter), |waiter| async {
            let mut waiter = waiter?;
            let event = waiter.next().await;
            let is_last = matches!(event, Ok(Event::Finished(_)) | Err(_));
            Some((event, (!is_last).then_some(waiter)))
        });
        Self { events: BoxStream::new(stream::iter([Ok(first)]).chain(polls).fuse()) }
    }

    /// Waits for the next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Event>> {
        StreamExt::next(self).await
    }
}

impl Stream for Watch {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next_unpin(context)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
