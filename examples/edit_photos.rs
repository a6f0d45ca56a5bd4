//! An edit of two local photos: `cargo run -p pruna-examples --example edit_photos -- person.jpg hat.jpg out.jpg`

use pruna::{Client, Media, inputs::PImageEdit};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(person), Some(hat), Some(path)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: edit_photos PERSON HAT OUTPUT".into());
    };
    // Both files are uploaded when the request is submitted.
    let input = PImageEdit::new("put the hat of image 2 on the person of image 1")
        .images([Media::path(person), Media::path(hat)]);
    let file = Client::from_env()?.generate(input).await?.save(path).await?;
    println!("Saved {}", file.path.display());
    Ok(())
}
