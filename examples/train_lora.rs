//! A LoRA trained on a folder of photos, then used: `cargo run -p pruna-examples --example train_lora -- photos me/my-dog work`
//!
//! Publishing the weights on Hugging Face in between is up to you.

use std::path::PathBuf;

use pruna::{
    Client, Lora, TrainingSet,
    inputs::{PImageLora, PImageTrainer, PImageTrainerTrainingType},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(photos), Some(repository), Some(folder)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: train_lora PHOTOS OWNER/REPOSITORY FOLDER".into());
    };
    let folder = PathBuf::from(folder);
    let client = Client::from_env()?;

    let photos = TrainingSet::from_dir(photos)?.default_caption("a photo of sks dog");
    println!("Training on {} photos ...", photos.len());
    let input =
        PImageTrainer::new(photos.upload(&client).await?).steps(1000).training_type(PImageTrainerTrainingType::CONTENT);
    // Saved at once, because the service keeps the result for about half an hour.
    let zip = client.generate(input).await?.save(folder.join("lora.zip")).await?;
    let lora = Lora::from_zip(zip.path)?;
    let weights = folder.join(lora.file_name());
    lora.save(&weights)?;
    let address = lora.lora_weights(repository);
    println!("Publish {} so that it is found as {address}", weights.display());

    let input = PImageLora::new("sks dog on the moon").lora_weights(address);
    println!("Saved {}", client.generate(input).await?.save(folder.join("dog.jpg")).await?.path.display());
    Ok(())
}
