//! What all workers of a batch have committed of its budget: one row, which changes in the statement that records a state.

use tokio_postgres::Client as Database;

use super::database_error;
use crate::{Result, budget::exceeded, usd::Usd};

/// Batches that earlier versions have entered lack the column.
pub(super) const COLUMN: &str = "ALTER TABLE pruna_batch ADD COLUMN IF NOT EXISTS committed bigint NOT NULL DEFAULT 0;";

/// Records that a submission is about to be sent, unless it would exceed the budget. The row is locked meanwhile, so workers come
/// one after the other.
pub(super) const RECORD_AND_ADD: &str = "
    WITH budget AS (
        UPDATE pruna_batch SET committed = committed + $6 WHERE name = $1 AND committed + $6 <= $7
            AND EXISTS (SELECT FROM pruna_batch_item WHERE batch = $1 AND item = $2 AND worker = $3)
        RETURNING committed)
    UPDATE pruna_batch_item SET state = $4, detail = $5
    WHERE batch = $1 AND item = $2 AND worker = $3 AND EXISTS (SELECT FROM budget)";

/// Records that a submission was certainly not accepted. The money is returned also if the item belongs to another worker by now.
pub(super) const RECORD_AND_REMOVE: &str = "
    WITH budget AS (UPDATE pruna_batch SET committed = greatest(committed - $6, 0) WHERE name = $1)
    UPDATE pruna_batch_item SET state = $4, detail = $5 WHERE batch = $1 AND item = $2 AND worker = $3";

const COMMITTED: &str = "SELECT committed FROM pruna_batch WHERE name = $1";

/// Fails if the rest of the budget does not cover an amount.
pub(super) async fn check(database: &Database, batch: &str, usd: Usd, limit: Option<Usd>) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    let committed: i64 = database.query_one(COMMITTED, &[&batch]).await.map_err(database_error)?.get(0);
    let committed = Usd::from_micros(u64::try_from(committed).unwrap_or_default());
    match committed.checked_add(usd) {
        Some(sum) if sum <= limit => Ok(()),
        _ => Err(exceeded(usd, limit, committed)),
    }
}

pub(super) fn to_sql(usd: Usd) -> i64 {
    i64::try_from(usd.micros()).unwrap_or(i64::MAX)
}
