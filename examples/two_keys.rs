//! Two keys at once, one of them replaced while jobs run: `cargo run -p pruna-examples --example two_keys -- folder`
//!
//! The keys are in `PRUNA_API_KEY`, `PRUNA_SECOND_API_KEY` and, for the replacement of the first, `PRUNA_NEXT_API_KEY`.

use std::{env, path::PathBuf};

use pruna::{
    Client,
    inputs::{PImage, WanT2v},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = env::args().nth(1).ok_or("usage: two_keys FOLDER")?.into();
    // Each client has its own rate limits, uploads and connections.
    let videos = Client::from_env()?;
    let images = Client::builder().from_env().api_key(env::var("PRUNA_SECOND_API_KEY")?).build()?;

    let video = videos.submit(WanT2v::new("waves at night")).await?;
    let image = images.submit(PImage::new("a lion at dusk")).await?;

    // The client and its clones use the new key from now on, for jobs that are running too.
    videos.set_api_key(env::var("PRUNA_NEXT_API_KEY")?)?;
    let (video, image) = tokio::try_join!(video.wait(), image.wait())?;
    println!("Saved {}", video.save(folder.join("waves.mp4")).await?.path.display());
    println!("Saved {}", image.save(folder.join("lion.jpg")).await?.path.display());
    Ok(())
}
