//! A video from an edited photo, without saving the photo: `cargo run -p pruna-examples --example edit_to_video -- me.jpg me.mp4`

use pruna::{
    Client, Media,
    inputs::{PImageEdit, Resolution, WanI2v},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(photo), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: edit_to_video PHOTO OUTPUT".into());
    };
    let client = Client::from_env()?;

    let edit = PImageEdit::new("as a watercolor, at the sea").images([Media::path(photo)]);
    let image = client.generate(edit).await?;
    // The image is downloaded and uploaded again when the request is submitted.
    let input = WanI2v::new("the waves roll in slowly", Media::from(&image)).resolution(Resolution::R480P);
    let video = client.generate(input).await?;
    println!("Saved {}", video.save(path).await?.path.display());
    Ok(())
}
