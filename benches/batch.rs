//! Predictions per second without rate limits, on one core: a batch, plain reqwest, the official Python client.
//!
//! `cargo bench --bench batch`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use futures_util::{StreamExt as _, stream};
use pruna::{inputs::PImage, limits::Limits};
use pruna_emulator::Emulator;
use serde_json::{Value, json};
use support::{Server, median, round, runtime, series, summary, table, timed};

const COUNT: usize = 4000;
const AT_ONCE: usize = 64;
const TURNS: usize = 5;

fn main() {
    if support::served() || support::is_test() {
        return;
    }
    let server = Server::start(0.0, false);
    let mut measured: [Vec<(f64, f64)>; 2] = Default::default();
    for _ in 0..TURNS {
        for (side, run) in [batch as fn(&Server), by_hand].into_iter().enumerate() {
            let ((), wall, core) = timed(|| run(&server));
            measured[side].push((COUNT as f64 / wall.as_secs_f64(), COUNT as f64 / core.as_secs_f64()));
        }
    }
    let rate = |side: usize| {
        let (walls, cores): (Vec<f64>, Vec<f64>) = measured[side].iter().copied().unzip();
        (median(walls), median(cores))
    };
    let (ours, reference) = (rate(0), rate(1));
    let mut rows = vec![row("pruna: `client.batch`", ours, reference), row("plain reqwest", reference, reference)];
    println!("## Throughput\n");
    println!(
        "{COUNT} images in synchronous mode, {AT_ONCE} at a time, from an emulator that responds immediately; median of {TURNS} rounds. The server uses the other core."
    );
    bars("pruna", ours);
    bars("plain reqwest", reference);
    let mut theirs = None;
    if let Some(report) = support::official(&server, COUNT / 4) {
        let [seconds, core] = ["seconds", "core_seconds"].map(|name| report[name].as_f64().unwrap_or(f64::NAN));
        let count = report["succeeded"].as_f64().unwrap_or_default();
        let name = format!("official Python client: {count} of {} succeeded", COUNT / 4);
        rows.push(row(&name, (count / seconds, count / core), reference));
        bars("official Python client", (count / seconds, count / core));
        theirs = Some(format!("{:.0}", count / core));
    }
    let work = "batch without limits: predictions per CPU second";
    let by_hand = format!("{:.0}: plain reqwest", reference.1);
    summary(work, format!("{:.0}", ours.1), by_hand, Some(ours.1 / reference.1), theirs);
    table(&["client", "predictions per second", "ratio", "predictions per CPU second", "ratio"], &rows);
}

fn row(name: &str, (wall, core): (f64, f64), reference: (f64, f64)) -> Vec<String> {
    let figures = [format!("{wall:.0}"), format!("{:.2}", wall / reference.0)];
    let on_core = [format!("{core:.0}"), format!("{:.2}", core / reference.1)];
    [vec![name.to_owned()], figures.to_vec(), on_core.to_vec()].concat()
}

/// Prints the bars of a client.
fn bars(name: &str, (wall, core): (f64, f64)) {
    series("throughput", "predictions per second", name, &[(0.0, round(wall, 0))]);
    series("throughput", "predictions per CPU second", name, &[(0.0, round(core, 0))]);
}

fn batch(server: &Server) {
    runtime().block_on(async {
        let client = server.client().limits(Limits::none().open_submissions(AT_ONCE)).build().unwrap();
        let requests = (0..COUNT).map(|n| PImage::new(format!("lion {n}")));
        let mut results = client.batch(requests).concurrency(AT_ONCE).run().await.unwrap();
        while let Some((_, result)) = results.next().await {
            assert_eq!(result.unwrap().generation.urls().len(), 1);
        }
    });
}

fn by_hand(server: &Server) {
    runtime().block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/v1/predictions", server.url);
        let sending = stream::iter(0..COUNT).map(|n| {
            let sent = client
                .post(&url)
                .header("apikey", Emulator::DEFAULT_KEY)
                .header("Model", "p-image")
                .header("Try-Sync", "true")
                .json(&json!({"input": {"prompt": format!("lion {n}")}}))
                .send();
            async move { sent.await.unwrap().json::<Value>().await.unwrap() }
        });
        let mut responses = sending.buffer_unordered(AT_ONCE);
        while let Some(response) = responses.next().await {
            assert!(response["generation_url"].is_string());
        }
    });
}
