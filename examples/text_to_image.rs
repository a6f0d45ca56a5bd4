//! An image from a prompt, with its list price: `cargo run -p pruna-examples --example text_to_image -- "a lion at dusk" lion.jpg`

use pruna::{
    Client, Model,
    inputs::{AspectRatio, PImage},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(prompt), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: text_to_image PROMPT OUTPUT".into());
    };

    let input = PImage::new(prompt).aspect_ratio(AspectRatio::R3_2);
    if let Some(price) = Model::P_IMAGE.info().estimate_usd(&input) {
        println!("List price: {price}");
    }
    // Replaces the file of an earlier run; `save_new` would not.
    let file = Client::from_env()?.generate(input).await?.save(path).await?;
    println!("Saved {} ({} bytes)", file.path.display(), file.bytes);
    Ok(())
}
