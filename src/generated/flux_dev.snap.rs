// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Text-to-image with the FLUX.1 dev model, compressed by Pruna to several grades of speed. One picture per run. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `flux-dev`.
    FluxDev for FLUX_DEV;
    required {
        /// What the picture should show, in plain language.
        prompt: String,
    }
    optional {
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the result; a value of `-1` asks for a fresh one.
        ///
        /// Default: `-1`.
        seed: i64,
        /// How strictly the picture follows the prompt.
        /// Small values leave the model more freedom, large ones bind it to the words.
        ///
        /// Default: `3.5`.
        #[serde(serialize_with = "number")]
        guidance: f64,
        /// Length of the longer side in pixels; the other side follows from `aspect_ratio`.
        ///
        /// Default: `1024`.
        image_size: i64,
        /// How hard the model is optimised: the further from consistent, the sooner the picture is done and the more it departs from what the plain model would have made.
        /// The value is compared byte for byte, emoji and brackets included.
        ///
        /// Default: `Extra Juiced 🔥 (more speed)`. One of `Lightly Juiced 🍊 (more consistent)`, `Juiced 🔥 (default)`, `Extra Juiced 🔥 (more speed)`, `Blink of an eye 👁️`.
        speed_mode: FluxDevSpeedMode,
        /// Shape of the picture, width to height.
        ///
        /// Default: `1:1`. One of `1:1`, `16:9`, `21:9`, `3:2`, `2:3`, `4:5`, `5:4`, `3:4`, `4:3`, `9:16`, `9:21`.
        aspect_ratio: AspectRatio,
        /// File format in which the picture is delivered.
        ///
        /// Default: `jpg`. One of `png`, `jpg`, `webp`.
        output_format: OutputFormat,
        /// Compression quality: more means a better picture and a larger file.
        /// Without effect on `png`, which loses nothing.
        ///
        /// Default: `80`. From 1 to 100.
        output_quality: i64,
        /// Number of denoising steps.
        /// More of them take longer and bring out finer detail.
        ///
        /// Default: `28`.
        num_inference_steps: i64,
    }
}
