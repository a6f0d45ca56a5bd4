//! Trains a LoRA on a folder of pictures and uses it: `cargo run --example train_lora -- photos me/my-dog work`
//!
//! Between the two the weights have to be published on Hugging Face, which is up to you.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use pruna::{
    Client, Lora, TrainingSet,
    inputs::{PImageLora, PImageTrainer, PImageTrainerTrainingType},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [photos, repository, folder] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err("usage: train_lora PHOTOS OWNER/REPOSITORY FOLDER".into());
    };
    let folder = PathBuf::from(folder);
    let client = Client::from_env()?;

    let pictures = TrainingSet::from_dir(photos)?.default_caption("a photo of sks dog");
    println!("Training on {} pictures ...", pictures.len());
    let input = PImageTrainer::new(pictures.upload(&client).await?)
        .steps(1000)
        .training_type(PImageTrainerTrainingType::CONTENT);
    // The link to the result lives about half an hour: saved at once.
    let zip = client.generate(input).await?.save(folder.join("lora.zip")).await?;
    let lora = Lora::from_zip(zip.path)?;
    lora.save(folder.join(lora.file_name()))?;
    let weights = lora.lora_weights(repository);
    println!("Publish {} so that {weights} finds it.", folder.join(lora.file_name()).display());

    let input = PImageLora::new("sks dog on the moon").lora_weights(weights);
    println!("Saved {}", client.generate(input).await?.save(folder.join("dog.jpg")).await?.path.display());
    Ok(())
}
