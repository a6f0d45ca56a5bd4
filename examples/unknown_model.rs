//! A model that the document does not know, served as well as any: local media, polling, download.
//!
//!     cargo run --example unknown_model -- p-video '{"prompt": "waves"}' out first_frame=photo.jpg
#![allow(clippy::print_stdout)]

use pruna::{Client, Media};
use serde_json::{Map, Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or("which model?")?;
    let mut input: Map<String, Value> = serde_json::from_str(&arguments.next().ok_or("which input?")?)?;
    let folder = arguments.next().ok_or("save where?")?;
    for argument in arguments {
        let (name, path) = argument.split_once('=').ok_or("media goes in as NAME=PATH")?;
        input.insert(name.into(), json!(Media::path(path)));
    }
    let generation = Client::from_env()?.model(model).input(input).generate().await?;
    for file in generation.save_all(folder).await? {
        println!("Saved {}", file.path.display());
    }
    Ok(())
}
