//! The process that is killed: works on a batch and prints what comes of each item.

use std::path::PathBuf;

use futures_util::StreamExt as _;
use pruna::{Client, Request, batch::Batch};
use serde_json::json;

/// Item `n` of every batch here: small, and told by its prompt.
pub(crate) fn request(n: usize) -> Request {
    let input = json!({
        "prompt": format!("item {n}"), "seed": 1, "aspect_ratio": "custom", "width": 256, "height": 256,
    });
    Request::new("wan-image-small", input)
}

/// The client of the emulator that the environment names, without limits.
pub(crate) fn client() -> Client {
    Client::builder().from_env().limits(pruna::limits::Limits::none()).build().unwrap()
}

/// `worker JOURNAL FOLDER COUNT RESUBMIT`
pub(crate) async fn run(arguments: &[String]) {
    let [journal, folder, count, resubmit] = arguments else { panic!("{arguments:?}") };
    let requests = (0..count.parse().unwrap()).map(request);
    let batch: Batch = client().batch(requests).concurrency(16).journal(PathBuf::from(journal)).save_to(folder);
    let mut results = batch.resubmit_unknown(resubmit == "true").run().await.unwrap();
    while let Some((index, result)) = results.next().await {
        match result {
            Ok(output) if output.earlier => println!("earlier {index}"),
            Ok(_) => println!("done {index}"),
            Err(error) if error.is_submission_unknown() => println!("unknown {index}"),
            Err(error) => println!("failed {index} {error}"),
        }
    }
    println!("end");
}
