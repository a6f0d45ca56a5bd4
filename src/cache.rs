//! Results that are kept and used again instead of being paid for twice.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

mod key;
mod store;

use crate::{Error, Generation, Request, Result, context::Context, error::ErrorKind};
use key::Key;
use store::Store;

/// Default maximum size: 1 GiB.
const MAX_BYTES: u64 = 1 << 30;

/// A folder of results, to be used again for equal requests: see [`Client::reuse`](crate::Client::reuse).
///
/// Two requests are equal if they go to the same service and have the same model and parameters, whatever the order of these. Local
/// files and bytes count by their content, URLs by their text. Only requests with a `seed` are looked up and kept:
/// without one, or with a negative one, each result is meant to be another. [`unseeded`](Self::unseeded) admits all.
///
/// That equal requests would give equal results is a property of a model that the service does not promise. So nothing is used
/// again unless you ask for it.
///
/// Several processes may share a folder. Prompts and other parameters are not stored, only their hash.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> pruna::Result<()> {
/// use pruna::{Cache, inputs::PImage};
///
/// let client = client.reuse(Cache::open("cache")?);
/// let lion = PImage::new("a lion at dusk").seed(42);
/// client.generate(lion.clone()).await?.save("lion.jpg").await?;
/// // Costs nothing:
/// let again = client.generate(lion).await?;
/// assert!(again.is_reused());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cache {
    store: Arc<Store>,
    max_bytes: u64,
    unseeded: bool,
    /// The requests that are being generated, so that an equal one waits for the first.
    turns: Arc<Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>>,
}

impl Cache {
    /// Opens a folder of results. It is created if necessary.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the folder cannot be created.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let store = Store::open(folder).map_err(|e| Error::io(folder.display(), e))?;
        Ok(Self { store: Arc::new(store), max_bytes: MAX_BYTES, unseeded: false, turns: Arc::default() })
    }

    /// Sets the maximum size of the folder in bytes: 1 GiB by default. Beyond it, the results that were not used for the longest
    /// time are removed; the newest is always kept.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets whether requests without a `seed` are looked up and kept, too: `false` by default.
    #[must_use]
    pub fn unseeded(mut self, unseeded: bool) -> Self {
        self.unseeded = unseeded;
        self
    }

    /// Returns the stored result of a request, or generates one and stores it. An equal request meanwhile waits for it.
    pub(crate) async fn get_or_generate(
        &self,
        context: &Arc<Context>,
        request: &Request,
        deadline: Instant,
        generate: impl Future<Output = Result<Generation>>,
    ) -> Result<Generation> {
        let slot = self.slot(context, request).await;
        let turn = slot.key.as_ref().map(|key| self.turn(key));
        let late = |_| {
            let message = "not sent: an equal request was not answered before the deadline";
            Error::new(ErrorKind::Timeout, message).with_model(request.model().clone())
        };
        let _guard = match &turn {
            Some(turn) => Some(timeout_at(deadline, turn.lock()).await.map_err(late)?),
            None => None,
        };
        match slot.stored(context).await {
            Some(stored) => Ok(stored),
            None => Ok(slot.store(generate.await?).await),
        }
    }

    /// Looks for the stored result of a request.
    pub(crate) async fn look_up(&self, context: &Arc<Context>, request: &Request) -> Lookup {
        let slot = self.slot(context, request).await;
        match slot.stored(context).await {
            Some(stored) => Lookup::Stored(stored),
            None => Lookup::Missing(slot),
        }
    }

    async fn slot(&self, context: &Context, request: &Request) -> Slot {
        let service = context.transport.base.as_str().to_owned();
        let key = match is_seeded(request) || self.unseeded {
            true => key::of(&service, request).await,
            false => None,
        };
        Slot { cache: self.clone(), service, request: request.clone(), key }
    }

    /// Returns the lock of a key.
    fn turn(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }
}

/// Whether a request asks for one certain result. Some models take a negative seed for "any".
fn is_seeded(request: &Request) -> bool {
    match request.input().get("seed") {
        None | Some(Value::Null) => false,
        Some(seed) => seed.as_f64().is_none_or(|seed| seed >= 0.0),
    }
}

/// What [`Client::look_up`](crate::Client::look_up) found.
#[derive(Debug)]
#[must_use = "a result may be stored already"]
pub enum Lookup {
    /// The result of an earlier, equal request.
    Stored(Generation),
    /// There is none. The place for the result of this request.
    Missing(Slot),
}

/// The place for the result of a request: see [`Lookup::Missing`].
#[derive(Clone)]
pub struct Slot {
    cache: Cache,
    service: String,
    request: Request,
    /// None if the result of the request is not to be used again.
    key: Option<Key>,
}

impl Slot {
    /// Stores the result of the request, with its files, and returns it. The files are read from the store from now on.
    ///
    /// A result that cannot be stored is returned as it is, and that is logged. Nothing is stored of a request without a
    /// seed, unless the cache is [`unseeded`](Cache::unseeded), and of one whose local files were changed meanwhile.
    pub async fn store(self, generation: Generation) -> Generation {
        let Some(key) = self.key else { return generation };
        if key::of(&self.service, &self.request).await.as_ref() != Some(&key) {
            // Nobody knows which content was uploaded.
            return generation;
        }
        match self.cache.store.save(&key, &generation, self.cache.max_bytes).await {
            Ok(files) => generation.with_stored(files),
            Err(error) => {
                tracing::warn!(%error, "a result is not kept for reuse");
                generation
            }
        }
    }

    async fn stored(&self, context: &Arc<Context>) -> Option<Generation> {
        self.cache.store.load(self.key.as_ref()?, context).await
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("request", &self.request).finish_non_exhaustive()
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("folder", &self.store.folder()).finish_non_exhaustive()
    }
}
