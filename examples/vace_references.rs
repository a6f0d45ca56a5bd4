//! A video from reference images: `cargo run -p pruna-examples --example vace_references -- out.mp4 fox.jpg yard.jpg`

use pruna::{
    Client, Media,
    inputs::{Vace, VaceSize},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: vace_references OUTPUT IMAGE ...")?;
    let input = Vace::new("the fox of the first image crosses the yard of the second")
        .src_ref_images(arguments.map(Media::path))
        .size(VaceSize::S832X480);
    // vace takes minutes. The default deadline is ten times the typical duration.
    let video = Client::from_env()?.generate(input).await?;
    println!("Saved {}", video.save(path).await?.path.display());
    Ok(())
}
