//! Edits two local photographs: `cargo run --example edit_photos -- person.jpg hat.jpg out.jpg`
#![allow(clippy::print_stdout)]

use pruna::{Client, Media, inputs::PImageEdit};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [person, hat, path] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: edit_photos PERSON HAT OUTPUT".into());
    };
    let client = Client::from_env()?;
    // Both files are uploaded when the request is submitted.
    let input = PImageEdit::new("put the hat of image 2 on the person of image 1")
        .images([Media::path(person), Media::path(hat)]);
    let file = client.generate(input).await?.save(path).await?;
    println!("Saved {}", file.path.display());
    Ok(())
}
