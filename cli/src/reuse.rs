//! Stored results, used again instead of being paid for twice: options of a command.

use std::path::PathBuf;

use clap::Args;
use pruna::{Cache, Client, Lookup, Request};

use crate::{failure::Failure, user_dirs};

/// A store of results.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReuseOptions {
    /// Use the stored result of an equal request with a seed instead of paying again, and store new ones, in DIR or the user's cache
    /// directory
    #[arg(long, value_name = "DIR", require_equals = true)]
    reuse: Option<Option<PathBuf>>,
    /// With --reuse, use the result of an equal request without a seed, too
    #[arg(long, requires = "reuse")]
    unseeded: bool,
}

impl ReuseOptions {
    /// Looks for the stored result of a request; `None` without a store.
    pub(crate) async fn look_up(&self, client: &Client, request: &Request) -> Result<Option<Lookup>, Failure> {
        let dir = match &self.reuse {
            None => return Ok(None),
            Some(Some(dir)) => dir.clone(),
            Some(None) => user_dirs::cache_dir().map(|dir| dir.join("results")).ok_or_else(|| {
                Failure::usage("the user's cache directory is not known").hint("name one, such as --reuse=results")
            })?,
        };
        let cache = Cache::open(dir)?.unseeded(self.unseeded);
        Ok(client.reuse(cache).look_up(request).await)
    }
}
