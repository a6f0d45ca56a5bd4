// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Text-to-image with Qwen-Image cut down for speed: fewer settings, shorter runs. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `qwen-image-fast`.
    QwenImageFast for QWEN_IMAGE_FAST;
    required {
        /// What the picture should show, in plain language.
        prompt: String,
    }
    optional {
        /// Width of the picture in pixels, a multiple of 16.
        /// Read only when `aspect_ratio` is `custom`.
        ///
        /// From 256 to 1440.
        width: i64,
        /// Height of the picture in pixels, a multiple of 16.
        /// Read only when `aspect_ratio` is `custom`.
        ///
        /// From 256 to 1440.
        height: i64,
        /// How much the picture varies from one seed to the next: more means more variety.
        ///
        /// Default: `0.62`. From 0 to 1.
        #[serde(serialize_with = "number")]
        creativity: f64,
        /// Shape of the picture, width to height.
        /// With `custom` the size is taken from `width` and `height`.
        ///
        /// Default: `16:9`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`, `custom`.
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
