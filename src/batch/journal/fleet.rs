//! The journal of many processes: tables in PostgreSQL.
//!
//! An item belongs to the worker that leased it. Every change is conditional on that, so a worker that was considered dead
//! and comes back cannot submit what another has taken over.

mod account;
mod rate_limiter;

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_postgres::{Client as Database, NoTls, Row, types::ToSql};

pub(crate) use self::rate_limiter::FleetRateLimiter;
use super::{Commitment, Journal, Pending, Service, State};
use crate::{
    Error, Request, Result,
    batch::{
        identity::{Fingerprint, Identities, Identity, ItemId},
        worker::Item,
    },
    embedded,
    error::ErrorKind,
    usd::Usd,
};

/// Default time for which a worker owns an item without renewing its lease.
const LEASE: Duration = Duration::from_secs(30);
/// Number of items that are leased at a time.
const LEASE_SIZE: i64 = 8;
/// Maximum interval at which an idle worker looks for items.
const MAX_IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Number of requests that are entered at a time.
const INSERT_SIZE: usize = 500;

const TABLES: &str = "
    SELECT pg_advisory_xact_lock(7305201);
    CREATE TABLE IF NOT EXISTS pruna_batch (name text PRIMARY KEY, service text NOT NULL);
    CREATE TABLE IF NOT EXISTS pruna_batch_item (
        batch text NOT NULL, item text NOT NULL, index bigint NOT NULL, request text NOT NULL, fingerprint text NOT NULL,
        state text NOT NULL DEFAULT 'waiting', detail text, worker text, lease timestamptz,
        PRIMARY KEY (batch, item));
    CREATE INDEX IF NOT EXISTS pruna_batch_item_open ON pruna_batch_item (batch, index)
        WHERE state IN ('waiting', 'submitting', 'running', 'succeeded');";

/// Prepares the items that earlier runs left: rejected ones are tried again, abandoned ones are picked up.
const RESUME: &str = "
    UPDATE pruna_batch_item SET state = CASE state WHEN 'rejected' THEN 'waiting' ELSE state END, lease = NULL
    WHERE batch = $1 AND (state = 'rejected' OR (lease = 'infinity' AND state IN ('waiting', 'submitting', 'running', 'succeeded')))";

const RESUBMIT: &str =
    "UPDATE pruna_batch_item SET state = 'submitting', lease = NULL WHERE batch = $1 AND state = 'unknown'";

const INSERT: &str = "
    INSERT INTO pruna_batch_item (batch, item, index, request, fingerprint)
    SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING";

/// Whether an earlier version has entered items, in the table in which it knew them by their position.
const HAS_OLD_TABLE: &str = "SELECT to_regclass('pruna_item') IS NOT NULL";
const IS_OLD: &str = "SELECT EXISTS (SELECT FROM pruna_item WHERE batch = $1)";

const BIND: &str = "INSERT INTO pruna_batch (name, service) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const SERVICE: &str = "SELECT service FROM pruna_batch WHERE name = $1";
const REBIND: &str = "UPDATE pruna_batch SET service = $2 WHERE name = $1";

const COUNT: &str = "SELECT coalesce(max(index) + 1, 0) FROM pruna_batch_item WHERE batch = $1";

const FIND_DIFFERENT: &str = "
    SELECT min(given.item) FROM unnest($2::text[], $3::text[]) AS given (item, fingerprint)
    JOIN pruna_batch_item USING (item) WHERE batch = $1 AND pruna_batch_item.fingerprint <> given.fingerprint";

const LEASE_ITEMS: &str = "
    UPDATE pruna_batch_item SET worker = $2, lease = now() + $3::float8 * interval '1 second'
    FROM (SELECT batch, item FROM pruna_batch_item
          WHERE batch = $1 AND state IN ('waiting', 'submitting', 'running', 'succeeded') AND (lease IS NULL OR lease < now())
          ORDER BY index LIMIT $4 FOR UPDATE SKIP LOCKED) AS free
    WHERE pruna_batch_item.batch = free.batch AND pruna_batch_item.item = free.item
    RETURNING index, request, pruna_batch_item.item, fingerprint";

const OPEN_ELSEWHERE: &str = "
    SELECT EXISTS (SELECT FROM pruna_batch_item WHERE batch = $1 AND worker IS DISTINCT FROM $2
    AND state IN ('waiting', 'submitting', 'running', 'succeeded') AND lease IS DISTINCT FROM 'infinity')";

const RENEW: &str = "
    UPDATE pruna_batch_item SET lease = now() + $3::float8 * interval '1 second'
    WHERE batch = $1 AND worker = $2 AND lease < 'infinity' AND state IN ('waiting', 'submitting', 'running', 'succeeded')";

const FIND: &str = "SELECT state, detail FROM pruna_batch_item WHERE batch = $1 AND item = $2";

/// A response that arrives after the item was given up as unknown is still recorded.
const RECORD: &str = "
    UPDATE pruna_batch_item SET state = $4, detail = $5
    WHERE batch = $1 AND item = $2 AND (worker = $3 OR (state = 'unknown' AND $4 <> 'submitting'))";

const RELEASE: &str = "
    UPDATE pruna_batch_item SET lease = CASE WHEN $4 THEN now() ELSE 'infinity' END,
        state = CASE WHEN state = 'submitting' AND NOT $4 THEN 'unknown' WHEN state = 'rejected' THEN 'waiting' ELSE state END
    WHERE batch = $1 AND item = $2 AND worker = $3
        AND (state IN ('waiting', 'submitting', 'running', 'succeeded') OR (state = 'rejected' AND $4))";

/// A batch that many processes on any number of machines process together.
///
/// The requests are stored in PostgreSQL, and each worker leases some. When a worker dies, its leases expire and others
/// continue: jobs that the service accepted are attached, never submitted a second time. All workers together keep the rate
/// limits of their key.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use pruna::{batch::Fleet, inputs::PImage};
///
/// let fleet = Fleet::connect("host=db.internal user=studio dbname=studio", "lions").await?;
/// let requests = (0..50_000).map(|n| PImage::new(format!("a lion, variation {n}")));
/// let mut results = client.batch(requests).fleet(fleet).save_to("/mnt/lions").run().await?;
/// while let Some((index, result)) = results.next().await {
///     println!("{index}: {}", result.is_ok());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Fleet {
    database: Arc<Database>,
    batch: Arc<str>,
    lease: Duration,
    /// Aborted with the last clone, unless the caller made the connection.
    _connection: Option<Arc<Connection>>,
}

struct Connection(tokio::task::JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fleet {
    /// Connects to a database without TLS, by a connection string or URL in the format of libpq. For TLS, see
    /// [`with`](Self::with).
    ///
    /// `batch` names the batch: workers with the same name process the same items. The first connection creates the tables
    /// `pruna_batch`, `pruna_batch_item` and `pruna_rate_window`, which needs the privilege to do so.
    ///
    /// # Errors
    ///
    /// [`Io`](ErrorKind::Io) if the database cannot be reached or rejects the connection.
    pub async fn connect(database: &str, batch: impl Into<String>) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await.map_err(database_error)?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::error!(%error, "the connection to the database was lost");
            }
        });
        Ok(Self { _connection: Some(Arc::new(Connection(connection))), ..Self::with(client, batch) })
    }

    /// Uses a database connection of the caller, who must drive it.
    pub fn with(database: Database, batch: impl Into<String>) -> Self {
        Self { database: Arc::new(database), batch: batch.into().into(), lease: LEASE, _connection: None }
    }

    /// Sets the time after which other workers take over the items of a worker that does not respond: 30 seconds by
    /// default, at least 0.3 seconds.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(300));
        self
    }

    /// Creates the tables, enters new requests, and returns the journal of this worker.
    pub(in crate::batch) async fn enqueue(
        self,
        requests: impl Stream<Item = Request>,
        service: &Service,
        options: Enqueue,
    ) -> Result<Arc<FleetWorker>> {
        self.refuse_old().await?;
        let tables = [TABLES, account::COLUMN, rate_limiter::TABLE].concat();
        self.database.batch_execute(&tables).await.map_err(database_error)?;
        self.bind(service, options.rebind).await?;
        self.database.execute(RESUME, &[&&*self.batch]).await.map_err(database_error)?;
        if options.resubmit_unknown {
            self.database.execute(RESUBMIT, &[&&*self.batch]).await.map_err(database_error)?;
        }
        let mut identities = Identities::default();
        let mut chunks = std::pin::pin!(requests.enumerate().chunks(INSERT_SIZE));
        while let Some(chunk) = chunks.next().await {
            self.insert(chunk, &mut identities).await?;
        }
        let count: i64 = self.database.query_one(COUNT, &[&&*self.batch]).await.map_err(database_error)?.get(0);
        Ok(FleetWorker::start(self, count as usize, options.max_cost))
    }

    /// Fails if an earlier version has entered the batch: its items would be submitted again.
    async fn refuse_old(&self) -> Result<()> {
        let has_table: bool = self.database.query_one(HAS_OLD_TABLE, &[]).await.map_err(database_error)?.get(0);
        let is_old = has_table
            && self.database.query_one(IS_OLD, &[&&*self.batch]).await.map_err(database_error)?.get::<_, bool>(0);
        match is_old {
            true => Err(Error::configuration(format!(
                "an earlier version of this program has entered the batch {:?}, and knew its items by their position only; finish \
                 it with that version, or use another name",
                self.batch
            ))),
            false => Ok(()),
        }
    }

    /// Binds a new batch to a service, or checks that it belongs to it.
    async fn bind(&self, service: &Service, rebind: bool) -> Result<()> {
        let text = serde_json::to_string(service).map_err(|e| entry_error(&self.batch, e))?;
        self.database.execute(BIND, &[&&*self.batch, &text]).await.map_err(database_error)?;
        let row = self.database.query_one(SERVICE, &[&&*self.batch]).await.map_err(database_error)?;
        let recorded = serde_json::from_str(row.get(0)).map_err(|e| entry_error(&self.batch, e))?;
        service.check(&format!("the fleet batch {:?}", self.batch), &recorded, rebind)?;
        if recorded != *service {
            self.database.execute(REBIND, &[&&*self.batch, &text]).await.map_err(database_error)?;
        }
        Ok(())
    }

    async fn insert(&self, requests: Vec<(usize, Request)>, identities: &mut Identities) -> Result<()> {
        let (mut items, mut indices, mut texts, mut fingerprints) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, request) in &requests {
            let Identity { id, fingerprint } = identities.next(request)?;
            items.push(id.as_str().to_owned());
            indices.push(*index as i64);
            texts.push(write(request)?);
            fingerprints.push(fingerprint.as_str().to_owned());
        }
        let values: [&(dyn ToSql + Sync); 5] = [&&*self.batch, &items, &indices, &texts, &fingerprints];
        self.database.execute(INSERT, &values).await.map_err(database_error)?;
        let compared: [&(dyn ToSql + Sync); 3] = [&&*self.batch, &items, &fingerprints];
        let different: Option<String> =
            self.database.query_one(FIND_DIFFERENT, &compared).await.map_err(database_error)?.get(0);
        match different {
            Some(item) => Err(Error::configuration(format!(
                "the request of {:?} differs from the one entered for the batch {:?}; give it another key or name",
                ItemId::from_stored(&item).key().unwrap_or(&item),
                self.batch
            ))),
            None => Ok(()),
        }
    }
}

/// How requests are entered.
#[derive(Clone, Copy)]
pub(in crate::batch) struct Enqueue {
    pub(in crate::batch) resubmit_unknown: bool,
    /// Whether the batch may have been entered with another key.
    pub(in crate::batch) rebind: bool,
    /// What all workers may commit together.
    pub(in crate::batch) max_cost: Option<Usd>,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("batch", &self.batch).field("lease", &self.lease).finish_non_exhaustive()
    }
}

/// A process of a fleet.
pub(in crate::batch) struct FleetWorker {
    fleet: Fleet,
    name: String,
    /// The budget of the batch, according to this worker.
    max_cost: Option<Usd>,
    /// One more than the highest index.
    count: usize,
    renewal: tokio::task::JoinHandle<()>,
}

impl Drop for FleetWorker {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl FleetWorker {
    fn start(fleet: Fleet, count: usize, max_cost: Option<Usd>) -> Arc<Self> {
        let name = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let renewal = tokio::spawn(renew(fleet.clone(), name.clone()));
        Arc::new(Self { fleet, name, max_cost, count, renewal })
    }

    /// Returns the items of this worker, until none is left for any worker, or the database is lost.
    pub(in crate::batch) fn items(self: Arc<Self>) -> impl Stream<Item = Result<Item, (usize, Error)>> + Send {
        stream::unfold((self, Vec::new()), |(worker, mut leased)| async move {
            loop {
                if let Some(item) = leased.pop() {
                    return Some((Ok(item), (worker, leased)));
                }
                match worker.lease().await {
                    Ok(items) if items.is_empty() => return None,
                    Ok(items) => leased = items,
                    Err(error) => {
                        let message = format!("this worker takes no further items: {}", error.message());
                        let error = Error::new(ErrorKind::Io, message).with_source(error);
                        return Some((Err((worker.count, error)), (worker, leased)));
                    }
                }
            }
        })
    }

    /// Leases items, the first one last. None are left if no other worker has any that could become available.
    async fn lease(&self) -> Result<Vec<Item>> {
        let (batch, seconds) = (&&*self.fleet.batch, self.fleet.lease.as_secs_f64());
        loop {
            let values: [&(dyn ToSql + Sync); 4] = [batch, &self.name, &seconds, &LEASE_SIZE];
            let rows = self.fleet.database.query(LEASE_ITEMS, &values).await.map_err(database_error)?;
            if !rows.is_empty() {
                let mut items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
                items.sort_unstable_by_key(|item| std::cmp::Reverse(item.index));
                return Ok(items);
            }
            let open =
                self.fleet.database.query_one(OPEN_ELSEWHERE, &[batch, &self.name]).await.map_err(database_error)?;
            if !open.get::<_, bool>(0) {
                return Ok(Vec::new());
            }
            // Others process the rest. If they die, there are items again.
            sleep((self.fleet.lease / 4).min(MAX_IDLE_INTERVAL)).await;
        }
    }
}

/// Renews the leases of a worker.
async fn renew(fleet: Fleet, worker: String) {
    loop {
        sleep(fleet.lease / 3).await;
        let seconds = fleet.lease.as_secs_f64();
        let values: [&(dyn ToSql + Sync); 3] = [&&*fleet.batch, &worker, &seconds];
        if let Err(error) = fleet.database.execute(RENEW, &values).await {
            tracing::warn!(%error, "the leases of this worker could not be renewed");
        }
    }
}

impl Journal for FleetWorker {
    fn find<'a>(&'a self, item: &'a Identity) -> Pending<'a, Option<State>> {
        Box::pin(async move {
            let row = self.fleet.database.query_one(FIND, &[&&*self.fleet.batch, &item.id.as_str()]).await;
            let row = row.map_err(database_error)?;
            match row.get::<_, Option<&str>>(1) {
                Some(detail) if row.get::<_, &str>(0) != "waiting" => {
                    serde_json::from_str(detail).map(Some).map_err(|e| entry_error(item.id.as_str(), e))
                }
                _ => Ok(None),
            }
        })
    }

    fn record<'a>(&'a self, item: &'a Identity, state: Option<State>, change: Commitment) -> Pending<'a, ()> {
        Box::pin(self.write_state(item, state, change))
    }

    fn committed(&self) -> Option<(&str, Usd)> {
        None
    }

    fn release<'a>(&'a self, item: &'a Identity, others_may_continue: bool) -> Pending<'a, ()> {
        Box::pin(async move {
            let values: [&(dyn ToSql + Sync); 4] =
                [&&*self.fleet.batch, &item.id.as_str(), &self.name, &others_may_continue];
            self.fleet.database.execute(RELEASE, &values).await.map_err(database_error)?;
            Ok(())
        })
    }
}

impl FleetWorker {
    /// Writes the state of an item, if this worker still owns it, and what that changes of the budget.
    async fn write_state(&self, item: &Identity, state: Option<State>, change: Commitment) -> Result<()> {
        let Fleet { database, batch, .. } = &self.fleet;
        let id = item.id.as_str();
        let detail = state.as_ref().map(serde_json::to_string).transpose().map_err(|e| entry_error(id, e))?;
        let name = match &state {
            // Certainly not accepted. The next run tries again, not the next worker.
            None => "rejected",
            Some(State::Submitting) => "submitting",
            Some(State::Running { .. }) => "running",
            Some(State::Succeeded { .. }) => "succeeded",
            Some(State::Done { .. }) => "done",
            Some(State::Failed { .. }) => "failed",
        };
        let most = self.max_cost.map_or(i64::MAX, account::to_sql);
        let (statement, usd, count) = match change {
            Commitment::Unchanged => (RECORD, Usd::ZERO, 5),
            Commitment::Remove(usd) => (account::RECORD_AND_REMOVE, usd, 6),
            Commitment::Add(usd) => (account::RECORD_AND_ADD, usd, 7),
        };
        let micros = account::to_sql(usd);
        let values: [&(dyn ToSql + Sync); 7] = [&&**batch, &id, &self.name, &name, &detail, &micros, &most];
        if database.execute(statement, &values[..count]).await.map_err(database_error)? > 0 {
            return Ok(());
        }
        if let Commitment::Add(usd) = change {
            account::check(database, batch, usd, self.max_cost).await?;
        }
        let message = format!("the lease expired; another worker has taken over the item {id:?}");
        Err(Error::new(ErrorKind::Timeout, message))
    }
}

/// Serializes a request. Local files exist on one machine only.
fn write(request: &Request) -> Result<String> {
    let input = Value::Object(request.clone().into_parameters()?);
    if embedded::has_local(request.model(), &input)? {
        let message = "a fleet cannot read local media; upload it first, or pass its URL";
        return Err(Error::new(ErrorKind::InvalidInput, message).with_model(request.model().clone()));
    }
    let seconds = request.own_deadline().map(|deadline| deadline.as_secs_f64());
    Ok(json!({
        "model": request.model().as_str(), "input": input, "try_sync": request.explicit_sync(), "deadline": seconds,
        "name": request.own_name(), "key": request.own_key(), "label": request.own_label(),
    })
    .to_string())
}

fn read(row: &Row) -> Result<Item> {
    let (index, item) = (row.get::<_, i64>(0) as usize, row.get::<_, &str>(2));
    let request = parse(row.get(1)).map_err(|e| entry_error(item, e))?;
    let identity = Identity { id: ItemId::from_stored(item), fingerprint: Fingerprint::from_stored(row.get(3)) };
    Ok(Item { index, request, identity: Ok(Some(identity)) })
}

/// Reads what [`write`] wrote.
fn parse(text: &str) -> serde_json::Result<Request> {
    let stored: Value = serde_json::from_str(text)?;
    let mut request = Request::new(stored["model"].as_str().unwrap_or_default(), &stored["input"]);
    if stored["try_sync"] == true {
        request = request.try_sync(true);
    }
    if let Some(deadline) = stored["deadline"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        request = request.deadline(deadline);
    }
    if let Some(label) = stored["label"].as_str() {
        request = request.label(label);
    }
    if let Some(name) = stored["name"].as_str() {
        request = request.name(name);
    }
    if let Some(key) = stored["key"].as_str() {
        request = request.key(key);
    }
    Ok(request)
}

fn database_error(error: tokio_postgres::Error) -> Error {
    let why = error.as_db_error().map_or_else(|| error.to_string(), |reason| reason.message().to_owned());
    Error::new(ErrorKind::Io, format!("the database: {why}")).with_source(error)
}

fn entry_error(item: &str, error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{item:?} in the database: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_options_in_the_database() {
        let request = Request::new("p-image", json!({"prompt": "a lion"}));
        let full =
            request.clone().name("lion").key("k-1").label("zoo").try_sync(true).deadline(Duration::from_millis(1500));
        for request in [request, full] {
            let stored = parse(&write(&request).unwrap()).unwrap();
            assert_eq!(format!("{stored:?}"), format!("{request:?}"));
            assert_eq!((stored.own_name(), stored.own_key()), (request.own_name(), request.own_key()));
            assert_eq!(
                (stored.explicit_sync(), stored.own_deadline()),
                (request.explicit_sync(), request.own_deadline())
            );
            assert_eq!(stored.input(), request.input());
        }
    }
}
