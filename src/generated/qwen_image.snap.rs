// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Text-to-image with Qwen-Image; given a picture to start from, it works image-to-image. LoRAs can be added. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `qwen-image`.
    QwenImage for QWEN_IMAGE;
    required {
        /// What the picture should show, in plain language.
        prompt: String,
    }
    optional {
        /// Address of a picture to start from; `strength` says how much of it may be repainted.
        /// LoRAs have no effect on such a run.
        image: Media,
        /// How much of `image` is repainted: near 0 it is hardly touched, at 1 nothing of it survives.
        /// Without effect when there is no `image`.
        ///
        /// Default: `0.9`. From 0 to 1.
        #[serde(serialize_with = "number")]
        strength: f64,
        /// How strictly the picture follows the prompt.
        /// Small values look more natural; between 2 and 3.5 is a good place to try.
        ///
        /// Default: `3`. From 0 to 10.
        #[serde(serialize_with = "number")]
        guidance: f64,
        /// Applies further optimisations that shorten the run at some cost in fidelity.
        ///
        /// Default: `true`.
        go_fast: bool,
        /// Whether the number of pixels is chosen for the look of the picture or for a short run.
        ///
        /// Default: `optimize_for_quality`. One of `optimize_for_quality`, `optimize_for_speed`.
        image_size: QwenImageImageSize,
        /// LoRA to apply: address of a `.safetensors` file, or of a tar or zip archive holding one, on any public host.
        /// Used for text-to-image only.
        lora_weights: String,
        /// Weight of the LoRA in `lora_weights`: 1 is as trained, 0 is off.
        ///
        /// Default: `1`.
        #[serde(serialize_with = "number")]
        lora_scale: f64,
        /// Addresses of further LoRAs, of the same kinds as `lora_weights`.
        extra_lora_weights: [String],
        /// Weights of the further LoRAs, one number for each entry of `extra_lora_weights`.
        #[serde(serialize_with = "number")]
        extra_lora_scale: [f64],
        /// Shape of the picture, width to height.
        ///
        /// Default: `16:9`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`.
        aspect_ratio: AspectRatio,
        /// File format in which the picture is delivered.
        ///
        /// Default: `webp`. One of `webp`, `jpg`, `png`.
        output_format: OutputFormat,
        /// Compression quality: more means a better picture and a larger file.
        /// Without effect on `png`, which loses nothing.
        ///
        /// Default: `80`. From 0 to 100.
        output_quality: i64,
        /// Enriches the prompt with wording that tends to make better pictures.
        ///
        /// Default: `false`.
        enhance_prompt: bool,
        /// What should not appear in the picture.
        /// A single space stands for nothing.
        ///
        /// Default: `" "`.
        negative_prompt: String,
        /// Number of denoising steps.
        /// Fewer make a rougher picture sooner; the best results start at about 28.
        ///
        /// Default: `30`. From 1 to 50.
        num_inference_steps: i64,
        /// Turns off the check of the finished picture for unsafe content.
        ///
        /// Default: `false`.
        disable_safety_checker: bool,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
