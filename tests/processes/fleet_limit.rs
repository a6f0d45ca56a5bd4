//! The statement by which the workers of a fleet share a rate limit, with many connections and a clock that the test moves.

use std::path::PathBuf;

use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls, Statement};

use super::{Outcome, crash::check, postgres::Postgres};

const TABLE: &str = include_str!("../../src/batch/journal/fleet/rate_window.sql");
const RESERVE: &str = include_str!("../../src/batch/journal/fleet/reserve.sql");

/// A function that hides PostgreSQL's own: each look at the clock moves it by some milliseconds.
const CLOCK: &str = "
    CREATE SCHEMA test;
    CREATE SEQUENCE test.clock INCREMENT 20;
    CREATE FUNCTION test.clock_timestamp() RETURNS timestamptz LANGUAGE sql
        AS 'SELECT to_timestamp(1000000000 + nextval(''test.clock'') / 1000.0)';";
const USE_CLOCK: &str = "SET search_path = test, pg_catalog, public; SELECT nextval('test.clock')";

const PERIOD: f64 = 60.2;
const VALIDITY: f64 = 0.2;

/// Requests that may be sent from a moment on for some time.
#[derive(Clone, Copy, Debug)]
struct Grant {
    time: f64,
    count: i32,
    wait: f64,
}

#[derive(Clone, Copy)]
struct Demand {
    limit: i32,
    count: i32,
    is_batch: bool,
    burst: i32,
    interval: f64,
}

impl Demand {
    /// A demand without an even pace.
    fn of(limit: i32, count: i32) -> Self {
        Self { limit, count, is_batch: true, burst: limit, interval: 0.0 }
    }
}

struct Worker {
    database: Client,
    reserve: Statement,
}

impl Worker {
    async fn connect(postgres: &Postgres) -> Result<Self, tokio_postgres::Error> {
        let (database, connection) = tokio_postgres::connect(&postgres.address(), NoTls).await?;
        tokio::spawn(connection);
        database.batch_execute(USE_CLOCK).await?;
        let reserve = database.prepare(&format!("{RESERVE}, currval('test.clock') / 1000.0::float8")).await?;
        Ok(Self { database, reserve })
    }

    async fn ask(&self, name: &str, demand: Demand) -> Result<Grant, String> {
        let Demand { limit, count, is_batch, burst, interval } = demand;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
            [&name, &limit, &PERIOD, &count, &is_batch, &VALIDITY, &burst, &interval];
        let row = self.database.query_one(&self.reserve, &values).await.map_err(|error| format!("{error:?}"))?;
        Ok(Grant { count: row.get(0), wait: row.get(1), time: row.get(2) })
    }

    /// Lets some seconds pass.
    async fn wait(&self, seconds: f64) -> Result<(), String> {
        let sql = format!("SELECT setval('test.clock', currval('test.clock') + {})", (seconds * 1000.0).ceil());
        self.database.batch_execute(&sql).await.map_err(|error| error.to_string())
    }
}

async fn start(programs: &std::path::Path) -> Result<Postgres, String> {
    let postgres = Postgres::start(programs)?;
    postgres.execute(programs, &format!("{TABLE} {CLOCK}"))?;
    Ok(postgres)
}

/// Whenever the requests are sent within what is granted, no period has more of them than the limit.
fn check_periods(grants: &[Grant], limit: i32) -> Result<(), String> {
    for (number, first) in grants.iter().enumerate() {
        // The period begins when the requests of this grant may be sent at last.
        let end = first.time + VALIDITY + PERIOD;
        let count: i32 = grants[number..].iter().take_while(|grant| grant.time <= end).map(|grant| grant.count).sum();
        check(count <= limit, || format!("{count} of {limit} in the period from {:.2} s", first.time))?;
    }
    Ok(())
}

/// Many connections reserve at the same time; the limit holds in every period, and is used up.
pub(crate) async fn connections_reserve_concurrently(programs: PathBuf) -> Outcome {
    const CONNECTIONS: usize = 8;
    let postgres = start(&programs).await?;
    let mut figures = Vec::new();
    for (limit, most, questions) in [(500, 64, 1500), (5, 2, 1500), (30_000, 100, 2500)] {
        let mut workers = JoinSet::new();
        for number in 0..CONNECTIONS {
            let worker = Worker::connect(&postgres).await.map_err(|error| error.to_string())?;
            workers.spawn(async move {
                let mut grants = Vec::new();
                for question in 0..questions {
                    let count = ((number * 7 + question * 13) % most + 1) as i32;
                    grants.push(worker.ask(&limit.to_string(), Demand::of(limit, count)).await?);
                }
                Ok::<_, String>(grants)
            });
        }
        let mut grants = Vec::new();
        while let Some(of_one) = workers.join_next().await {
            grants.extend(of_one.map_err(|error| error.to_string())??);
        }
        grants.sort_by(|a, b| a.time.total_cmp(&b.time));
        let elapsed = grants[grants.len() - 1].time - grants[0].time;
        grants.retain(|grant| grant.count > 0);
        check_periods(&grants, limit)?;
        let sent: i32 = grants.iter().map(|grant| grant.count).sum();
        let periods = (elapsed / (PERIOD + VALIDITY + 0.3)).floor();
        check(f64::from(sent) >= f64::from(limit) * periods, || format!("only {sent} of {limit} in {elapsed:.0} s"))?;
        figures.push(format!("{sent} of {limit} per minute in {elapsed:.0} s"));
    }
    Ok(figures.join(", "))
}

/// The whole limit is granted at once, again after the wait, and a changed limit holds from then on.
pub(crate) async fn the_whole_limit_is_reserved_at_once(programs: PathBuf) -> Outcome {
    let postgres = start(&programs).await?;
    let worker = Worker::connect(&postgres).await.map_err(|error| error.to_string())?;
    let mut grants = Vec::new();
    let mut ask = async |limit, count, expected| {
        let grant = worker.ask("changing", Demand::of(limit, count)).await?;
        check(grant.count == expected, || format!("{expected} of {count} at {limit}: {grant:?}"))?;
        grants.push(grant);
        worker.wait(grant.wait).await?;
        Ok::<_, String>(grant.wait)
    };
    // The first question makes the row.
    ask(500, 500, 0).await?;
    for _ in 0..3 {
        ask(500, 600, 500).await?;
        let wait = ask(500, 1, 0).await?;
        check((60.2..60.7).contains(&wait), || format!("the wait is {wait:.2} s"))?;
    }
    // A higher limit has more room at once; a lower one waits until what was sent fits.
    ask(500, 400, 400).await?;
    ask(600, 600, 200).await?;
    let wait = ask(100, 5, 0).await?;
    check((60.2..60.7).contains(&wait), || format!("at the lower limit, the wait is {wait:.2} s"))?;
    ask(100, 500, 100).await?;
    ask(100, 1, 0).await?;
    check_periods(&grants, 600)?;
    // What was sent later than the rest leaves later.
    let ask = async |count| worker.ask("in two parts", Demand::of(500, count)).await;
    ask(1).await?;
    check(ask(200).await?.count == 200, || "200 of 500 at once".into())?;
    worker.wait(10.0).await?;
    check(ask(500).await?.count == 300, || "the other 300 at once".into())?;
    let wait = ask(1).await?.wait;
    check((50.2..50.7).contains(&wait), || format!("the wait for the first 200 is {wait:.2} s"))?;
    worker.wait(wait).await?;
    check(ask(500).await?.count == 200, || "the 200 of a minute ago".into())?;
    Ok("500 at once, each minute".into())
}

/// Batches leave something to others; an even pace holds for all workers together.
pub(crate) async fn batches_leave_room_and_an_even_pace_is_shared(programs: PathBuf) -> Outcome {
    let postgres = start(&programs).await?;
    let connect = async || Worker::connect(&postgres).await.map_err(|error| error.to_string());
    let workers = [connect().await?, connect().await?];
    let ask = async |worker: usize, name: &str, demand: Demand, expected: i32| {
        let grant = workers[worker].ask(name, demand).await?;
        check(grant.count == expected, || format!("{name}: {expected} of {}: {grant:?}", demand.count))?;
        Ok::<_, String>(grant)
    };
    let batch = |count| Demand::of(500, count);
    let urgent = |count| Demand { is_batch: false, ..Demand::of(500, count) };
    // The first question makes the row.
    ask(0, "model", batch(1), 0).await?;
    ask(0, "model", urgent(1), 1).await?;
    // A twentieth is left, of which one is used.
    ask(1, "model", batch(500), 475).await?;
    ask(1, "model", batch(1), 0).await?;
    ask(0, "model", urgent(20), 20).await?;
    // As many again are left after the next minute, and everything ten minutes later.
    workers[1].wait(61.0).await?;
    ask(1, "model", batch(500), 475).await?;
    workers[1].wait(600.0).await?;
    ask(1, "model", batch(500), 500).await?;

    let even = Demand { burst: 30, interval: 0.5, ..Demand::of(120, 40) };
    ask(0, "even", even, 0).await?;
    ask(0, "even", even, 30).await?;
    for worker in [1, 0, 1] {
        let told = ask(worker, "even", even, 0).await?.wait;
        check((0.3..0.6).contains(&told), || format!("the next of an even pace is told after {told:.2} s"))?;
        workers[worker].wait(told).await?;
        ask(worker, "even", even, 1).await?;
    }
    Ok("475 of 500 for batches, then 500".into())
}
