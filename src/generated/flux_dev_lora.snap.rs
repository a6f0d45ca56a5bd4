// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Text-to-image with the FLUX.1 dev model and up to two LoRAs of one's own; given a picture to start from, it works image-to-image. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `flux-dev-lora`.
    FluxDevLora for FLUX_DEV_LORA;
    required {
        /// What the picture should show.
        /// Include the trigger words of the LoRA, if it has any.
        prompt: String,
    }
    optional {
        /// LoRA to load from Hugging Face, written `owner/name`, or `owner/name/file.safetensors` to pick one file of the repository.
        lora: String,
        /// Second LoRA, applied on top of `lora` and written in the same way.
        extra_lora: String,
        /// Weight of `lora`: 0 leaves it out, 1 is as trained, negative values push away from it.
        /// The quicker speed modes can need about half as much again.
        ///
        /// Default: `1`. From -1 to 3.
        #[serde(serialize_with = "number")]
        lora_scale: f64,
        /// Weight of `extra_lora`, on the same scale as `lora_scale`.
        ///
        /// Default: `1`. From -1 to 3.
        #[serde(serialize_with = "number")]
        extra_lora_scale: f64,
        /// Address of a picture to start from.
        /// The result takes over its shape, and `prompt_strength` says how much of it may be repainted.
        image: Media,
        /// How strictly the picture follows the prompt.
        /// Small values leave the model more freedom, large ones bind it to the words.
        ///
        /// Default: `3`. From 0 to 10.
        #[serde(serialize_with = "number")]
        guidance: f64,
        /// Approximate area of the picture in megapixels.
        /// The number is sent as a string.
        ///
        /// Default: `1`. One of `1`, `0.25`.
        megapixels: FluxDevLoraMegapixels,
        /// How hard the model is optimised, from the plain compiled model to the quickest.
        /// The value is compared byte for byte, emoji included.
        ///
        /// Default: `Juiced 🧃`. One of `Base Model (compiled)`, `Lightly Juiced 🍊`, `Juiced 🧃`, `Extra Juiced 🔥`.
        speed_mode: FluxDevLoraSpeedMode,
        /// How many pictures to make from the one prompt.
        /// With more than one the result can be a list of addresses.
        ///
        /// Default: `1`. From 1 to 4.
        num_outputs: i64,
        /// Shape of the picture, width to height.
        /// Superseded by the shape of `image`, when one is given.
        ///
        /// Default: `1:1`. One of `1:1`, `16:9`, `21:9`, `3:2`, `2:3`, `4:5`, `5:4`, `3:4`, `4:3`, `9:16`, `9:21`.
        aspect_ratio: AspectRatio,
        /// File format in which each picture is delivered.
        ///
        /// Default: `jpg`. One of `png`, `jpg`, `webp`.
        output_format: OutputFormat,
        /// Compression quality: more means a better picture and a larger file.
        /// Without effect on `png`, which loses nothing.
        ///
        /// Default: `80`. From 1 to 100.
        output_quality: i64,
        /// How much of `image` is repainted: near 0 it is hardly touched, at 1 nothing of it survives.
        /// Without effect when there is no `image`.
        ///
        /// Default: `0.8`. From 0 to 1.
        #[serde(serialize_with = "number")]
        prompt_strength: f64,
        /// Number of denoising steps.
        /// Fewer make a rougher picture sooner; the best results start at about 28.
        ///
        /// Default: `28`.
        num_inference_steps: i64,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
