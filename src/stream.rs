//! Boxed streams.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::Stream;

/// A boxed stream that is `Sync` although the stream in it need not be: it can be reached only through `&mut`, so that the
/// mutex is never locked.
pub(crate) struct BoxStream<T> {
    stream: Mutex<Pin<Box<dyn Stream<Item = T> + Send>>>,
}

impl<T> BoxStream<T> {
    pub(crate) fn new(stream: impl Stream<Item = T> + Send + 'static) -> Self {
        Self { stream: Mutex::new(Box::pin(stream)) }
    }
}

impl<T> Stream for BoxStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.stream.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(context)
    }
}
