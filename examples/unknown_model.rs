//! A model that the OpenAPI document does not list: `cargo run -p pruna-examples --example unknown_model -- p-video '{"prompt": "waves"}' out first_frame=photo.jpg`

use pruna::{Client, Media};
use serde_json::{Map, Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(input), Some(folder)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: unknown_model MODEL JSON FOLDER [NAME=PATH ...]".into());
    };
    let mut input: Map<String, Value> = serde_json::from_str(&input)?;
    for argument in arguments {
        let (name, path) = argument.split_once('=').ok_or("write media as NAME=PATH")?;
        input.insert(name.to_owned(), json!(Media::path(path)));
    }
    // Uploads, waiting and downloads work as for any other model.
    let generation = Client::from_env()?.model(model).input(input).generate().await?;
    for file in generation.save_all(folder).await? {
        println!("Saved {}", file.path.display());
    }
    Ok(())
}
