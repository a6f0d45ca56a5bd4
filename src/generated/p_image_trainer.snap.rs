// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Trains a LoRA for `p-image-lora` from a set of pictures. The result is a zip archive with the weights, which has to be put on Hugging Face; the address of that repository is then what `lora_weights` takes. Asynchronous only. Rate limit: 5 requests per minute.
    ///
    /// Input of the model `p-image-trainer`.
    PImageTrainer for P_IMAGE_TRAINER;
    required {
        /// Address of a flat zip archive with ten pictures or more (jpg, png or webp) that have something in common.
        /// A text file of the same name beside a picture, as `cat.txt` beside `cat.jpg`, is its caption.
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
        /// What the LoRA should pick up: the subject, the manner, or something of both.
        ///
        /// Default: `balanced`. One of `content`, `style`, `balanced`.
        training_type: PImageTrainerTrainingType,
        /// Caption for every picture that comes without one of its own.
        /// Needed as soon as a single caption is missing; the training fails otherwise.
        default_caption: String,
    }
}
