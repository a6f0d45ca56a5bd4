//! The rate limits that the workers of a fleet share: one row for each, and one statement.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::sync::OnceCell;
use tokio_postgres::{Client as Database, Statement};

use super::Fleet;
use crate::limits::{Demand, Grant, Quota, SharedRateLimiter, Urgency};

/// Creates the table.
pub(super) const TABLE: &str = include_str!("rate_window.sql");
const RESERVE: &str = include_str!("reserve.sql");

/// The rate limits that the workers of one key share across batches.
pub(crate) struct FleetRateLimiter {
    database: Arc<Database>,
    account: String,
    reserve: OnceCell<Statement>,
}

impl FleetRateLimiter {
    pub(crate) fn new(fleet: &Fleet, account: String) -> Self {
        Self { database: Arc::clone(&fleet.database), account, reserve: OnceCell::new() }
    }

    async fn ask(&self, queue: &str, quota: Quota, demand: Demand) -> Result<Grant, tokio_postgres::Error> {
        let reserve = self.reserve.get_or_try_init(|| self.database.prepare(RESERVE)).await?;
        let row = self
            .database
            .query_one(
                reserve,
                &[
                    &format!("{} {queue}", self.account),
                    &int(quota.limit),
                    &quota.period.as_secs_f64(),
                    &int(demand.count),
                    &(demand.urgency == Urgency::Batch),
                    &demand.validity.as_secs_f64(),
                    &int(quota.burst),
                    &quota.interval.as_secs_f64(),
                ],
            )
            .await?;
        let wait = Duration::try_from_secs_f64(row.get(1)).unwrap_or_default();
        Ok(Grant { count: u32::try_from(row.get::<_, i32>(0)).unwrap_or_default(), wait })
    }
}

impl fmt::Debug for FleetRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FleetRateLimiter")
    }
}

impl SharedRateLimiter for FleetRateLimiter {
    fn reserve<'a>(
        &'a self,
        queue: &'a str,
        quota: Quota,
        demand: Demand,
    ) -> Pin<Box<dyn Future<Output = Option<Grant>> + Send + 'a>> {
        Box::pin(async move {
            self.ask(queue, quota, demand)
                .await
                .inspect_err(|error| {
                    tracing::warn!(%error, "the rate limit cannot be shared; this worker keeps to it on its own");
                })
                .ok()
        })
    }
}

/// A limit above a billion per minute is none in practice; sums of the database stay within its integers.
fn int(count: u32) -> i32 {
    i32::try_from(count.min(1_000_000_000)).unwrap_or(i32::MAX)
}
