//! A picture from a text, with what it costs: `cargo run --example text_to_image -- "a lion at dusk" lion.jpg`
#![allow(clippy::print_stdout)]

use pruna::{
    Client, Model,
    inputs::{AspectRatio, PImage},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let prompt = arguments.next().ok_or("which prompt?")?;
    let path = arguments.next().ok_or("save as what?")?;

    let input = PImage::new(prompt).aspect_ratio(AspectRatio::R3_2);
    if let Some(price) = Model::P_IMAGE.info().estimate_usd(&input) {
        println!("List price: ${price}");
    }
    let file = Client::from_env()?.generate(input).await?.save(path).await?;
    println!("Saved {} ({} bytes)", file.path.display(), file.bytes);
    Ok(())
}
