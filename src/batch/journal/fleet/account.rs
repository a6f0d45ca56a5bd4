//! What all workers of a batch have committed of its budget: one row.

use tokio_postgres::Client as Database;

use super::database_error;
use crate::{Result, budget::exceeded, usd::Usd};

/// Batches that earlier versions have entered lack the column.
pub(super) const COLUMN: &str = "ALTER TABLE pruna_batch ADD COLUMN IF NOT EXISTS committed bigint NOT NULL DEFAULT 0;";

/// Adds an amount, unless the sum would exceed the limit. The row is locked meanwhile, so workers come one after the other.
const ADD: &str =
    "UPDATE pruna_batch SET committed = committed + $2 WHERE name = $1 AND committed + $2 <= $3 RETURNING committed";
const REMOVE: &str = "UPDATE pruna_batch SET committed = greatest(committed - $2, 0) WHERE name = $1";
const COMMITTED: &str = "SELECT committed FROM pruna_batch WHERE name = $1";

/// Adds what a submission costs.
pub(super) async fn add(database: &Database, batch: &str, usd: Usd, limit: Option<Usd>) -> Result<()> {
    let most = limit.map_or(i64::MAX, to_sql);
    let added = database.query_opt(ADD, &[&batch, &to_sql(usd), &most]).await.map_err(database_error)?;
    if added.is_some() {
        return Ok(());
    }
    let committed: i64 = database.query_one(COMMITTED, &[&batch]).await.map_err(database_error)?.get(0);
    let committed = Usd::from_micros(u64::try_from(committed).unwrap_or_default());
    Err(exceeded(usd, limit.unwrap_or(Usd::MAX), committed))
}

/// Removes what a submission would have cost.
pub(super) async fn remove(database: &Database, batch: &str, usd: Usd) -> Result<()> {
    database.execute(REMOVE, &[&batch, &to_sql(usd)]).await.map_err(database_error)?;
    Ok(())
}

fn to_sql(usd: Usd) -> i64 {
    i64::try_from(usd.micros()).unwrap_or(i64::MAX)
}
