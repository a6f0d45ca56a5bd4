//! A video of what reference pictures show: `cargo run --example vace_references -- out.mp4 fox.jpg yard.jpg`
#![allow(clippy::print_stdout)]

use pruna::{
    Client, Media,
    inputs::{Vace, VaceSize},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("save as what?")?;
    let input = Vace::new("the fox of the first picture crosses the yard of the second")
        .src_ref_images(arguments.map(Media::path))
        .size(VaceSize::S832X480);
    // vace takes minutes: polled, with a deadline of ten times its usual time.
    let video = Client::from_env()?.generate(input).await?;
    println!("Saved {}", video.save(path).await?.path.display());
    Ok(())
}
