//! LoRA training: the archive that trainers take, and the weights in the archive that they return.

mod archive;
mod header;
mod lora;
mod training_set;

pub use lora::Lora;
pub use training_set::TrainingSet;
