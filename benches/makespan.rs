//! Time of batches under the service's limits, simulated: beside the least time that the limits allow, and beside requests that are
//! spread evenly.
//!
//! `cargo bench --bench makespan`. On a paused clock, against the simulated service of the tests: the figures do not depend on the
//! machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark prints its results")]

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/simulated.rs"]
mod simulated;
mod support;
#[path = "../tests/workloads.rs"]
mod workloads;

use std::time::Duration;

use pruna::{Client, Model, limits::Limits};
use simulated::{Counting, Service};
use support::{round, series, summary, table};
use workloads::{PICTURES, VIDEOS, bound, run, web_service};

const WINDOWS: [(Counting, &str); 3] =
    [(Counting::Fixed, "fixed window"), (Counting::Sliding, "sliding window"), (Counting::Bucket, "bucket of a tenth")];

/// A batch: its model, the number of items, and how long each takes.
struct Batch {
    model: Model,
    count: usize,
    seconds: f64,
}

/// Times of a batch, in seconds: ours, spread evenly, and the least that is possible; and the share of submissions that were rejected.
struct Times {
    pruna: f64,
    even: f64,
    bound: f64,
    rejected: f64,
}

impl Batch {
    fn limit(&self) -> usize {
        self.model.info().requests_per_minute.unwrap() as usize
    }

    fn measure(&self, counting: Counting) -> Times {
        let times = |limits: Limits| {
            paused(async {
                let speed = self.seconds / self.model.info().typical_seconds;
                let service = Service::new().with_speed(speed).counting(counting, true, Duration::ZERO);
                run(&service, limits, &self.model, self.count, self.seconds).await
            })
        };
        let (pruna, rejected) = times(Limits::documented());
        let (even, _) = times(Limits::documented().even());
        let bound = bound(counting, self.limit(), self.count, Duration::ZERO) + self.seconds;
        Times { pruna, even, bound, rejected }
    }
}

fn paused<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

fn main() {
    if support::is_test() {
        return;
    }
    println!("## Makespan\n");
    println!(
        "Simulated: batches under the documented limits of submissions per minute, which the service enforces in fixed windows, in \
         sliding windows, or with a bucket of a tenth of the limit that fills evenly. The bound is the time at which the last \
         item can be accepted, and its duration. The reference of the same run spreads requests evenly over the minute \
         (`Limits::even`)."
    );
    sizes(&Model::P_IMAGE, 0.3, &PICTURES, "pictures");
    sizes(&Model::WAN_T2V, 5.0, &VIDEOS, "videos");
    for (model, count, seconds, counting, work) in [
        (Model::P_IMAGE, 100, 0.3, Counting::Fixed, "100 pictures of 0.3 s, fixed window"),
        (Model::P_IMAGE, 100, 0.3, Counting::Sliding, "100 pictures of 0.3 s, sliding window"),
        (Model::WAN_T2V, 10, 5.0, Counting::Fixed, "10 videos of 5 s, fixed window"),
        (Model::WAN_T2V, 40, 1.0, Counting::Fixed, "40 videos of 1 s, fixed window"),
        (Model::P_IMAGE, 60, 0.3, Counting::Bucket, "60 pictures of 0.3 s, bucket of a tenth"),
        (Model::P_IMAGE, 1000, 0.3, Counting::Fixed, "1000 pictures of 0.3 s, fixed window"),
    ] {
        let Times { pruna, even, bound, .. } = Batch { model, count, seconds }.measure(counting);
        let reference = format!("{bound:.2} s: the bound; {even:.1} s spread evenly");
        summary(work, format!("{pruna:.2} s"), reference, Some(pruna / bound), None);
    }
    web_requests();
}

/// Batches of all sizes, as a table and as series of a plot.
fn sizes(model: &Model, seconds: f64, counts: &[usize], name: &str) {
    let mut rows = Vec::new();
    for (counting, window) in WINDOWS {
        let mut lines: [Vec<(f64, f64)>; 3] = Default::default();
        for &count in counts {
            let times = Batch { model: model.clone(), count, seconds }.measure(counting);
            for (line, time) in lines.iter_mut().zip([times.bound, times.even, times.pruna]) {
                line.push((count as f64, round(time, 2)));
            }
            rows.push(vec![
                count.to_string(),
                window.to_owned(),
                format!("{:.2} s", times.pruna),
                format!("{:.2} s", times.bound),
                format!("{:.2}", times.pruna / times.bound),
                format!("{:.2} s", times.even),
                format!("{:.1} %", times.rejected * 100.0),
            ]);
        }
        for (line, title) in lines.iter().zip(["bound", "spread evenly", "pruna"]) {
            series(&format!("makespan-{name}"), window, title, line);
        }
    }
    let items = format!("{name} of {seconds} s");
    table(&[&items, "limits", "pruna", "bound", "ratio", "spread evenly", "rejected"], &rows);
}

/// A web service that receives 200 requests in a second: how many are served within 5 s, and the wait that the client adds.
fn web_requests() {
    const COUNT: usize = 200;
    let served = |limits: Limits| {
        let waits = paused(async {
            let service = Service::new().with_limits();
            web_service(&service.client_with(Client::builder().limits(limits)), COUNT).await
        });
        let mut served: Vec<Duration> = waits.into_iter().flatten().collect();
        served.sort_unstable();
        let late = served[served.len() * 99 / 100].as_secs_f64() * 1e3;
        format!("{} served, 99 % within {late:.0} ms", served.len())
    };
    let reference = format!("{COUNT} served without wait; {} spread evenly", served(Limits::documented().even()));
    let work = format!("{COUNT} requests in a second through a web service, fixed window: wait added by the client");
    summary(&work, served(Limits::documented()), reference, None, None);
}
