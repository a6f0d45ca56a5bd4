// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// The editing model `p-image-edit` with a LoRA from `p-image-edit-trainer`. Rate limit: 500 requests per minute.
    ///
    /// Input of the model `p-image-edit-lora`.
    PImageEditLora for P_IMAGE_EDIT_LORA;
    required {
        /// What to change, as an instruction.
        /// Several input pictures are told apart by their position: `image 1`, `image 2` and so on.
        prompt: String,
    }
    optional {
        /// Addresses of the pictures to work on; the one to be edited comes first, the others serve as reference.
        ///
        /// Default: `[]`.
        images: [Media],
        /// Shortens the run by further optimisations.
        /// Switch it off when the edit is a difficult one.
        ///
        /// Default: `true`.
        turbo: bool,
        /// LoRA to apply, as trained by `p-image-edit-trainer`: a Hugging Face repository written `huggingface.co/owner/name`, with `/` and the name of the weight file after it.
        /// Without a file name the service looks for `pytorch_lora_weights.safetensors`, whereas the trainers write `weights.safetensors`. A private repository needs `hf_api_token` as well.
        lora_weights: String,
        /// Weight of the LoRA in `lora_weights`: 0 leaves it out, 1 is as trained, negative values push away from it.
        ///
        /// Default: `1`. From -1 to 3.
        #[serde(serialize_with = "number")]
        lora_scale: f64,
        /// Access token of a Hugging Face account, needed only when the repository named in `lora_weights` is private or gated.
        /// It is a secret: keep it out of logs.
        hf_api_token: Secret,
        /// Shape of the picture, width to height.
        /// With `match_input_image` it is taken over from the first input picture.
        ///
        /// Default: `match_input_image`. One of `match_input_image`, `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`.
        aspect_ratio: AspectRatio,
        /// Turns off the check of the finished picture for unsafe content.
        ///
        /// Default: `false`.
        disable_safety_checker: bool,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
