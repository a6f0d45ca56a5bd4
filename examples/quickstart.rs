//! From nothing to a picture on disk: with `PRUNA_API_KEY` by the service, without it by an emulator in this process.
//!
//!     cargo run --example quickstart
#![allow(clippy::print_stdout)]

use pruna::{
    Client,
    inputs::{AspectRatio, PImage},
};
use pruna_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Kept until the end: the emulator stops when it is dropped.
    let (client, _emulator) = if std::env::var_os("PRUNA_API_KEY").is_some() {
        println!("PRUNA_API_KEY is set: using the service.");
        (Client::from_env()?, None)
    } else {
        let emulator = Emulator::builder().start().await?;
        println!("PRUNA_API_KEY is not set: using an emulator of the service at {}.", emulator.url());
        println!("What it delivers is a real file, drawn from prompt and seed instead of made by a model.");
        let client = Client::builder().api_key(emulator.api_key()).base_url(emulator.url()).build()?;
        (client, Some(emulator))
    };

    let input = PImage::new("A lion at dusk, on a rock above the savanna").aspect_ratio(AspectRatio::R16_9).seed(42);

    println!("Submitting to p-image ...");
    let job = client.submit(input).await?;
    println!("Job {} is running, waiting for it ...", job.id().unwrap_or_default());
    let image = job.wait().await?;
    println!("Finished: {}", image.urls()[0]);
    let file = image.save("lion.jpg").await?;
    println!("Saved {} bytes of {} as {}", file.bytes, file.content_type, std::path::absolute(&file.path)?.display());
    Ok(())
}
