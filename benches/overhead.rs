//! Overhead of the client: `generate` beside the same request with plain reqwest.
//!
//! `cargo bench --bench overhead`. Both use the same emulator, in turns, so that a disturbance affects both. For a profiler,
//! `cargo bench --bench overhead -- pruna 10000` or `-- reqwest 10000` only makes that many calls of one side.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints its results")]

mod support;

use std::time::Duration;

use pruna::{Client, inputs::PImage, limits::Limits};
use pruna_emulator::Emulator;
use serde_json::{Value, json};
use support::{Server, median, runtime, summary, table, timed};

/// Duration of a job in the emulator, as a factor of the model's typical time: none, and a few milliseconds, which is still
/// hundreds of times faster than the service.
const SPEEDS: [(&str, f64, u32); 2] = [("an immediate response", 0.0, 100), ("a response after some ms", 0.002, 20)];
/// Rounds of each side.
const TURNS: usize = 60;

fn main() {
    if support::served() || support::is_test() {
        return;
    }
    if let Some((side, calls)) = side_to_profile() {
        let (server, runtime) = (Server::start(0.0, false), runtime());
        let (ours, reference) = (client(&server), plain_client());
        let url = format!("{}/v1/predictions", server.url);
        return runtime.block_on(async {
            for _ in 0..calls {
                match side.as_str() {
                    "pruna" => generate(&ours).await,
                    _ => send(&reference, &url).await,
                }
            }
        });
    }
    println!("## Overhead\n");
    println!(
        "One call of `generate` in synchronous mode beside the same exchange with plain reqwest and `serde_json::Value`; median of \
         {TURNS} rounds of 100 or 20 calls. The added work does not depend on the duration of the exchange, so the goal for \
         the ratio, 1.05, applies to exchanges of half a millisecond and more; over a network they take seconds. Calls with \
         pauses between them find cold caches, on both sides."
    );
    let rows: Vec<_> = SPEEDS.into_iter().flat_map(|(server, speed, calls)| compare(server, speed, calls)).collect();
    table(&["a call", "server", "pruna", "reqwest", "ratio", "difference", "goal"], &rows);
}

/// Returns the side and the number of calls that the arguments name.
fn side_to_profile() -> Option<(String, u32)> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let place = arguments.iter().position(|argument| argument == "pruna" || argument == "reqwest")?;
    Some((arguments[place].clone(), arguments.get(place + 1)?.parse().ok()?))
}

fn client(server: &Server) -> Client {
    server.client().limits(Limits::none()).build().unwrap()
}

fn plain_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn compare(title: &str, speed: f64, calls: u32) -> Vec<Vec<String>> {
    let server = Server::start(speed, false);
    let runtime = runtime();
    let (client, by_hand) = (client(&server), plain_client());
    let url = format!("{}/v1/predictions", server.url);
    let ours = || runtime.block_on(generate(&client));
    let reference = || runtime.block_on(send(&by_hand, &url));
    for _ in 0..calls {
        ours();
        reference();
    }
    let mut turns: [Vec<[f64; 2]>; 2] = Default::default();
    for _ in 0..TURNS {
        turns[0].push(turn(&ours, calls));
        turns[1].push(turn(&reference, calls));
    }
    let of = |side: usize, kind: usize| median(turns[side].iter().map(|turn| turn[kind]).collect());
    let allocations = |call: &dyn Fn()| {
        let counts = (0..20).map(|_| allocation_counter::measure(call).count_total as f64).collect();
        median(counts)
    };
    let counted = [allocations(&ours), allocations(&reference)];
    let row = |what: &str, unit: &str, ours: f64, reference: f64, goal: &str| {
        let ratio = format!("{:.2}", ours / reference);
        let values = [ours, reference, ours - reference].map(|value| format!("{value:.1}{unit}"));
        let [ours, reference, difference] = values;
        vec![what.to_owned(), title.to_owned(), ours, reference, ratio, difference, goal.to_owned()]
    };
    if speed > 0.0 {
        let compare = |what: &str, unit: &str, ours: f64, reference: f64| {
            let more = format!("{ours:.0}{unit}, {:.0} more", ours - reference);
            let by_hand = format!("{reference:.0}{unit}: plain reqwest");
            summary(&format!("a call of `generate`: {what}"), more, by_hand, Some(ours / reference), None);
        };
        compare("CPU time", " µs", of(0, 1), of(1, 1));
        compare("allocations", "", counted[0], counted[1]);
    }
    let goal = if speed > 0.0 { "ratio 1.05" } else { "-" };
    vec![
        row("time", " µs", of(0, 0), of(1, 0), goal),
        row("CPU time", " µs", of(0, 1), of(1, 1), "25 µs more"),
        row("allocations", "", counted[0], counted[1], "60 more"),
    ]
}

async fn generate(client: &Client) {
    let image = client.generate(PImage::new("a lion at dusk")).await.unwrap();
    assert_eq!(image.urls().len(), 1);
}

async fn send(client: &reqwest::Client, url: &str) {
    let response: Value = client
        .post(url)
        .header("apikey", Emulator::DEFAULT_KEY)
        .header("Model", "p-image")
        .header("Try-Sync", "true")
        .timeout(Duration::from_secs(90))
        .json(&json!({"input": {"prompt": "a lion at dusk"}}))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(response["generation_url"].is_string());
}

/// Microseconds of a call: wall-clock time, and CPU time.
fn turn(call: &impl Fn(), calls: u32) -> [f64; 2] {
    let ((), wall, core) = timed(|| (0..calls).for_each(|_| call()));
    [wall, core].map(|time| time.as_secs_f64() * 1e6 / f64::from(calls))
}
