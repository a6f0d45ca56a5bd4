//! A JSON array that is sent while it is written, so that a long list is never in memory as a whole.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde::Serialize;

/// Minimum size of what is sent at a time, except for the end.
const FRAME: usize = 64 * 1024;

/// The body of a response: a JSON array.
pub(crate) struct Listing {
    /// Returns the next element as JSON.
    next: Box<dyn FnMut() -> Option<String> + Send>,
    /// What comes before the next element: `[` or `,`. `None` after the end.
    separator: Option<char>,
}

impl Listing {
    /// Lists what `next` returns until it returns `None`.
    pub(crate) fn new<T: Serialize>(mut next: impl FnMut() -> Option<T> + Send + 'static) -> Self {
        // Records serialize without errors.
        let next = move || next().map(|item| serde_json::to_string(&item).unwrap_or_else(|_| "null".to_owned()));
        Self { next: Box::new(next), separator: Some('[') }
    }

    fn next_frame(&mut self) -> Option<String> {
        self.separator?;
        let mut frame = String::new();
        while frame.len() < FRAME {
            let Some(item) = (self.next)() else {
                frame.push_str(if self.separator.take() == Some('[') { "[]" } else { "]" });
                break;
            };
            frame.extend(self.separator.replace(','));
            frame.push_str(&item);
        }
        Some(frame)
    }
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listing").finish_non_exhaustive()
    }
}

impl Body for Listing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next_frame().map(|frame| Ok(Frame::data(Bytes::from(frame)))))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn list(items: Vec<String>) -> (String, usize) {
        let mut items = items.into_iter();
        let mut listing = Listing::new(move || items.next());
        let (mut text, mut frames) = (String::new(), 0);
        while let Some(frame) = listing.frame().await {
            text.push_str(std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap());
            frames += 1;
        }
        (text, frames)
    }

    #[tokio::test]
    async fn a_list_of_any_length_is_an_array() {
        let items = |count| vec!["x".repeat(FRAME / 2); count];
        for (count, frames) in [(0, 1), (1, 1), (2, 2), (3, 2), (9, 5)] {
            let (text, sent) = list(items(count)).await;
            assert_eq!((serde_json::from_str::<Vec<String>>(&text).unwrap(), sent), (items(count), frames));
        }
    }
}
