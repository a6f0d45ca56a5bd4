// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Trains a LoRA for `p-image-edit-lora` from pairs of pictures, before and after. The result is a zip archive with the weights, which has to be put on Hugging Face; the address of that repository is then what `lora_weights` takes. Asynchronous only. Rate limit: 5 requests per minute.
    ///
    /// Input of the model `p-image-edit-trainer`.
    PImageEditTrainer for P_IMAGE_EDIT_TRAINER;
    required {
        /// Address of a flat zip archive with pairs of pictures: `cat_start.jpg` is what goes in and `cat_end.jpg` what should come out.
        /// Further inputs of a pair are `cat_start2.jpg`, `cat_start3.jpg` and so on; a text file `cat.txt` holds the instruction.
        image_data: Media,
    }
    optional {
        /// Number of training steps, in full hundreds such as 1500.
        /// Price and duration grow in proportion.
        ///
        /// Default: `1000`. From 100 to 5000. A multiple of 100.
        steps: i64,
        /// Step width of the optimiser.
        /// Larger values learn sooner and overshoot more easily.
        ///
        /// Default: `0.0001`. From 0.00001 to 0.01.
        #[serde(serialize_with = "number")]
        learning_rate: f64,
        /// Caption for every picture that comes without one of its own.
        /// Needed as soon as a single caption is missing; the training fails otherwise.
        default_caption: String,
    }
}
