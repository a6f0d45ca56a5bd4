//! The journal of many processes: a table in PostgreSQL.
//!
//! An item belongs to the worker that leased it. Every change of it is made under the condition that it still does, so a
//! worker that was thought dead and comes back cannot submit what another has taken over.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_postgres::{Client as Database, NoTls, Row, types::ToSql};

use super::{Fingerprint, Journal, Pending, State};
use crate::{
    Error, Request,
    batch::work::Item,
    error::ErrorKind,
    limits::{Even, SharedPace},
    media,
};

/// How long a worker owns an item without saying that it still works on it.
const LEASE: Duration = Duration::from_secs(30);
/// Items that are leased at once.
const LEASED_AT_ONCE: i64 = 8;
/// How often a worker without items looks for some.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Requests that are entered at once.
const ENTERED_AT_ONCE: usize = 500;

const TABLES: &str = "
    SELECT pg_advisory_xact_lock(7305201);
    CREATE TABLE IF NOT EXISTS pruna_item (
        batch text NOT NULL, index bigint NOT NULL, request text NOT NULL, print text NOT NULL,
        state text NOT NULL DEFAULT 'waiting', detail text, worker text, lease timestamptz,
        PRIMARY KEY (batch, index));
    CREATE INDEX IF NOT EXISTS pruna_item_open ON pruna_item (batch, index)
        WHERE state IN ('waiting', 'begun', 'running', 'made');
    CREATE TABLE IF NOT EXISTS pruna_pace (name text PRIMARY KEY, next timestamptz NOT NULL);";

/// What a new run does with what earlier ones left: what was certainly not taken is tried again, what nobody works on any
/// more is picked up.
const RESUME: &str = "
    UPDATE pruna_item SET state = CASE state WHEN 'refused' THEN 'waiting' ELSE state END, lease = NULL
    WHERE batch = $1 AND (state = 'refused' OR (lease = 'infinity' AND state IN ('waiting', 'begun', 'running', 'made')))";

const RESUBMIT: &str = "UPDATE pruna_item SET state = 'begun', lease = NULL WHERE batch = $1 AND state = 'unknown'";

const ENTER: &str = "
    INSERT INTO pruna_item (batch, index, request, print)
    SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING";

const COUNT: &str = "SELECT coalesce(max(index) + 1, 0) FROM pruna_item WHERE batch = $1";

const OTHERS: &str = "
    SELECT min(given.index) FROM unnest($2::bigint[], $3::text[]) AS given (index, print)
    JOIN pruna_item USING (index) WHERE batch = $1 AND pruna_item.print <> given.print";

const LEASE_ITEMS: &str = "
    UPDATE pruna_item SET worker = $2, lease = now() + $3::float8 * interval '1 second'
    FROM (SELECT batch, index FROM pruna_item
          WHERE batch = $1 AND state IN ('waiting', 'begun', 'running', 'made') AND (lease IS NULL OR lease < now())
          ORDER BY index LIMIT $4 FOR UPDATE SKIP LOCKED) AS free
    WHERE pruna_item.batch = free.batch AND pruna_item.index = free.index
    RETURNING pruna_item.index, request";

const OPEN_ELSEWHERE: &str = "
    SELECT EXISTS (SELECT FROM pruna_item WHERE batch = $1 AND worker IS DISTINCT FROM $2
    AND state IN ('waiting', 'begun', 'running', 'made') AND lease IS DISTINCT FROM 'infinity')";

const RENEW: &str = "
    UPDATE pruna_item SET lease = now() + $3::float8 * interval '1 second'
    WHERE batch = $1 AND worker = $2 AND lease < 'infinity' AND state IN ('waiting', 'begun', 'running', 'made')";

const FIND: &str = "SELECT state, detail FROM pruna_item WHERE batch = $1 AND index = $2";

/// An answer that comes after the item was given up as unknown is better than no answer.
const NOTE: &str = "
    UPDATE pruna_item SET state = $4, detail = $5
    WHERE batch = $1 AND index = $2 AND (worker = $3 OR (state = 'unknown' AND $4 <> 'begun'))";

const LEAVE: &str = "
    UPDATE pruna_item SET lease = CASE WHEN $4 THEN now() ELSE 'infinity' END,
        state = CASE WHEN state = 'begun' AND NOT $4 THEN 'unknown' ELSE state END
    WHERE batch = $1 AND index = $2 AND worker = $3 AND state IN ('waiting', 'begun', 'running', 'made')";

const BOOK: &str = "
    INSERT INTO pruna_pace AS pace (name, next) VALUES ($1, clock_timestamp() + $2::float8 * interval '1 second')
    ON CONFLICT (name) DO UPDATE
        SET next = greatest(pace.next, clock_timestamp()) + $2::float8 * interval '1 second'
    RETURNING extract(epoch FROM next - clock_timestamp())::float8";

/// A batch that many processes, on as many machines, work on together.
///
/// The requests are kept in a database, and each worker takes some. The lease of a worker that dies runs out, and others
/// go on with its jobs: those that the service is known to have taken are attached again, never submitted a second time.
/// All workers together keep the limits of their key.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> Result<(), pruna::Error> {
/// use futures_util::StreamExt as _;
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
    /// Aborted with the last clone, when the connection is ours.
    _connection: Option<Arc<Connection>>,
}

struct Connection(tokio::task::JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fleet {
    /// Connects to a database without TLS, by a connection string or URL of libpq's kind; for TLS see [`with`](Self::with).
    /// `batch` names the batch: workers that give the same name work on the same.
    ///
    /// The user needs the right to make tables, once: `pruna_item` and `pruna_pace`.
    ///
    /// # Errors
    ///
    /// Io, when the database cannot be reached or refuses.
    pub async fn connect(database: &str, batch: impl Into<String>) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await.map_err(broken)?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::error!(%error, "the connection to the database broke");
            }
        });
        Ok(Self { _connection: Some(Arc::new(Connection(connection))), ..Self::with(client, batch) })
    }

    /// On a connection of the caller's making, who also drives it.
    pub fn with(database: Database, batch: impl Into<String>) -> Self {
        Self { database: Arc::new(database), batch: batch.into().into(), lease: LEASE, _connection: None }
    }

    /// How long a worker that is not heard of keeps its items: 30 seconds by default. Others take them over afterwards.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(300));
        self
    }

    /// Makes the tables, enters the requests that are not there yet, and gives the worker's journal.
    pub(crate) async fn enter(
        self,
        requests: impl Stream<Item = Request>,
        resubmit_unknown: bool,
    ) -> Result<Arc<Worker>, Error> {
        self.database.batch_execute(TABLES).await.map_err(broken)?;
        self.database.execute(RESUME, &[&&*self.batch]).await.map_err(broken)?;
        if resubmit_unknown {
            self.database.execute(RESUBMIT, &[&&*self.batch]).await.map_err(broken)?;
        }
        let mut chunks = std::pin::pin!(requests.enumerate().chunks(ENTERED_AT_ONCE));
        while let Some(chunk) = chunks.next().await {
            self.enter_some(chunk).await?;
        }
        let count: i64 = self.database.query_one(COUNT, &[&&*self.batch]).await.map_err(broken)?.get(0);
        Ok(Worker::begin(self, count as usize))
    }

    async fn enter_some(&self, requests: Vec<(usize, Request)>) -> Result<(), Error> {
        let (mut indices, mut texts, mut prints) = (Vec::new(), Vec::new(), Vec::new());
        for (index, request) in &requests {
            indices.push(*index as i64);
            texts.push(write(request)?);
            prints.push(Fingerprint::of(request).0);
        }
        let entered: [&(dyn ToSql + Sync); 4] = [&&*self.batch, &indices, &texts, &prints];
        self.database.execute(ENTER, &entered).await.map_err(broken)?;
        let compared: [&(dyn ToSql + Sync); 3] = [&&*self.batch, &indices, &prints];
        let other: Option<i64> = self.database.query_one(OTHERS, &compared).await.map_err(broken)?.get(0);
        match other {
            Some(index) => Err(Error::configuration(format!(
                "request {index} is another than the one entered for the batch {:?}; give each batch its own name",
                self.batch
            ))),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("batch", &self.batch).field("lease", &self.lease).finish_non_exhaustive()
    }
}

/// One process of a fleet.
pub(crate) struct Worker {
    fleet: Fleet,
    name: String,
    /// One more than the highest index.
    count: usize,
    renewal: tokio::task::JoinHandle<()>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl Worker {
    fn begin(fleet: Fleet, count: usize) -> Arc<Self> {
        let name = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let renewal = tokio::spawn(renew(fleet.clone(), name.clone()));
        Arc::new(Self { fleet, name, count, renewal })
    }

    /// Items for this worker, until none is left for anybody, or the database is lost.
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
                        let message = format!("this worker takes no more items: {}", error.message());
                        let error = Error::new(ErrorKind::Io, message).with_source(error);
                        return Some((Err((worker.count, error)), (worker, leased)));
                    }
                }
            }
        })
    }

    /// Leases items, the first one last. None: nobody has any left that could become free.
    async fn lease(&self) -> Result<Vec<Item>, Error> {
        let (batch, seconds) = (&&*self.fleet.batch, self.fleet.lease.as_secs_f64());
        loop {
            let values: [&(dyn ToSql + Sync); 4] = [batch, &self.name, &seconds, &LEASED_AT_ONCE];
            let rows = self.fleet.database.query(LEASE_ITEMS, &values).await.map_err(broken)?;
            if !rows.is_empty() {
                let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
                items.sort_unstable_by_key(|item| std::cmp::Reverse(item.index));
                return Ok(items);
            }
            let open = self.fleet.database.query_one(OPEN_ELSEWHERE, &[batch, &self.name]).await.map_err(broken)?;
            if !open.get::<_, bool>(0) {
                return Ok(Vec::new());
            }
            // Others work on them. Should they die, there is work again.
            sleep((self.fleet.lease / 4).min(LONGEST_PAUSE)).await;
        }
    }
}

/// Says again and again that a worker lives.
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

impl Journal for Worker {
    fn find<'a>(&'a self, index: usize, _: &'a Fingerprint) -> Pending<'a, Option<State>> {
        Box::pin(async move {
            let row = self.fleet.database.query_one(FIND, &[&&*self.fleet.batch, &(index as i64)]).await;
            let row = row.map_err(broken)?;
            match row.get::<_, Option<&str>>(1) {
                Some(detail) if row.get::<_, &str>(0) != "waiting" => {
                    serde_json::from_str(detail).map(Some).map_err(|e| broken_entry(index, e))
                }
                _ => Ok(None),
            }
        })
    }

    fn note<'a>(&'a self, index: usize, _: &'a Fingerprint, state: Option<State>) -> Pending<'a, ()> {
        Box::pin(async move {
            let detail = state.as_ref().map(serde_json::to_string).transpose().map_err(|e| broken_entry(index, e))?;
            let name = match &state {
                // Certainly not taken. It is tried again by the next run, not at once by the next worker.
                None => "refused",
                Some(State::Begun) => "begun",
                Some(State::Running { .. }) => "running",
                Some(State::Made { .. }) => "made",
                Some(State::Done { .. }) => "done",
                Some(State::Failed { .. }) => "failed",
            };
            let values: [&(dyn ToSql + Sync); 5] = [&&*self.fleet.batch, &(index as i64), &self.name, &name, &detail];
            match self.fleet.database.execute(NOTE, &values).await.map_err(broken)? {
                0 => Err(Error::new(
                    ErrorKind::Timeout,
                    format!("the lease ran out; another worker has taken item {index} over"),
                )),
                _ => Ok(()),
            }
        })
    }

    fn leave(&self, index: usize, detached: bool) -> Pending<'_, ()> {
        Box::pin(async move {
            let values: [&(dyn ToSql + Sync); 4] = [&&*self.fleet.batch, &(index as i64), &self.name, &detached];
            self.fleet.database.execute(LEAVE, &values).await.map_err(broken)?;
            Ok(())
        })
    }
}

/// The pace that the workers of one key share, whatever batch they work on.
pub(crate) struct FleetPace {
    database: Arc<Database>,
    account: String,
}

impl FleetPace {
    pub(crate) fn new(fleet: &Fleet, account: String) -> Self {
        Self { database: Arc::clone(&fleet.database), account }
    }
}

impl std::fmt::Debug for FleetPace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FleetPace")
    }
}

impl SharedPace for FleetPace {
    fn book<'a>(
        &'a self,
        lane: &'a str,
        pace: Even,
        count: u32,
    ) -> std::pin::Pin<Box<dyn Future<Output = Option<Duration>> + Send + 'a>> {
        Box::pin(async move {
            let (name, interval) = (format!("{} {lane}", self.account), pace.interval.as_secs_f64());
            let row = self.database.query_one(BOOK, &[&name, &(interval * f64::from(count))]).await;
            let ahead: f64 = match row {
                Ok(row) => row.get(0),
                Err(error) => {
                    tracing::warn!(%error, "the pace cannot be shared; this worker keeps to it alone");
                    return None;
                }
            };
            Some(Duration::from_secs_f64((ahead - interval * f64::from(pace.burst.max(count))).max(0.0)))
        })
    }
}

/// A request as it is kept. Local files are known to one machine only.
fn write(request: &Request) -> Result<String, Error> {
    let input = Value::Object(request.clone().into_parameters()?);
    if media::embedded::holds_local(request.model(), &input)? {
        let message = "a fleet cannot read local media; upload them first, or give their addresses";
        return Err(Error::new(ErrorKind::InvalidInput, message).with_model(request.model().clone()));
    }
    let seconds = request.own_deadline().map(|deadline| deadline.as_secs_f64());
    Ok(json!({
        "model": request.model().as_str(), "input": input, "try_sync": request.asks_for_sync(), "deadline": seconds,
    })
    .to_string())
}

fn read(row: &Row) -> Result<Item, Error> {
    let index = row.get::<_, i64>(0) as usize;
    let kept: Value = serde_json::from_str(row.get(1)).map_err(|e| broken_entry(index, e))?;
    let mut request = Request::new(kept["model"].as_str().unwrap_or_default(), &kept["input"]);
    if kept["try_sync"] == true {
        request = request.try_sync(true);
    }
    if let Some(deadline) = kept["deadline"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        request = request.deadline(deadline);
    }
    Ok(Item { index, request })
}

fn broken(error: tokio_postgres::Error) -> Error {
    let why = error.as_db_error().map_or_else(|| error.to_string(), |told| told.message().to_owned());
    Error::new(ErrorKind::Io, format!("the database: {why}")).with_source(error)
}

fn broken_entry(index: usize, error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Io, format!("item {index} in the database: {error}"))
}
