//! Images from a file of prompts, with progress, cost and a journal: `cargo run -p pruna-examples --example batch -- prompts.txt lions`

use std::path::PathBuf;

use pruna::{Client, Model, Request, Usd, inputs::PImage};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(prompts), Some(folder)) = (arguments.next(), arguments.next().map(PathBuf::from)) else {
        return Err("usage: batch PROMPTS FOLDER".into());
    };
    let prompts = std::fs::read_to_string(prompts)?;
    let inputs: Vec<PImage> = prompts.lines().map(PImage::new).collect();
    let count = inputs.len();
    let cost: Option<Usd> = inputs.iter().map(|input| Model::P_IMAGE.info().estimate_usd(input)).sum();
    if let Some(cost) = cost {
        println!("{count} images, list price {cost}");
    }

    // Files are named after their request; without a name, after the index and the id of the job.
    let requests = (1..).zip(inputs).map(|(number, input)| Request::from(input).name(format!("lion-{number:03}")));
    // With the journal, the same command continues after a crash, and finished items are not submitted again.
    let batch = Client::from_env()?.batch(requests).save_to(&folder).journal(folder.join("batch.journal"));
    let mut results = batch.run().await?;
    while let Some((index, result)) = results.next().await {
        let done = results.summary().items();
        match result {
            Ok(output) => println!("[{done}/{count}] {}", output.key.unwrap_or_default()),
            Err(error) => println!("[{done}/{count}] prompt {}: {error}", index + 1),
        }
    }
    println!("{}", results.summary());
    Ok(())
}
