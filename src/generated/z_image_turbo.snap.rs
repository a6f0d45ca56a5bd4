// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Very quick text-to-image with Z-Image Turbo, in sizes given in pixels. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `z-image-turbo`.
    ZImageTurbo for Z_IMAGE_TURBO;
    required {
        /// What the picture should show, in plain language.
        prompt: String,
    }
    optional {
        /// Number of pixels from left to right.
        ///
        /// Default: `1024`. From 64 to 2048.
        width: i64,
        /// Number of pixels from top to bottom.
        ///
        /// Default: `1024`. From 64 to 2048.
        height: i64,
        /// Applies further optimisations that shorten the run at some cost in fidelity.
        ///
        /// Default: `false`.
        go_fast: bool,
        /// File format in which the picture is delivered.
        ///
        /// Default: `jpg`. One of `png`, `jpg`, `webp`.
        output_format: OutputFormat,
        /// Strength of the guidance by the prompt.
        /// The turbo models are made to run without any: keep it at zero.
        ///
        /// Default: `0`. From 0 to 20.
        #[serde(serialize_with = "number")]
        guidance_scale: f64,
        /// Compression quality: more means a better picture and a larger file.
        /// Without effect on `png`, which loses nothing.
        ///
        /// Default: `80`. From 0 to 100.
        output_quality: i64,
        /// Number of denoising steps.
        /// More of them take longer and bring out finer detail.
        ///
        /// Default: `8`. From 1 to 50.
        num_inference_steps: i64,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
