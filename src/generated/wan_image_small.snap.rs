// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Quick text-to-image with a small Wan model; it makes still pictures only, up to four per run. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `wan-image-small`.
    WanImageSmall for WAN_IMAGE_SMALL;
    required {
        /// What the picture should show, in plain language.
        prompt: String,
    }
    optional {
        /// Width of the picture in pixels, a multiple of 16.
        /// Read only when `aspect_ratio` is `custom`.
        ///
        /// From 256 to 900.
        width: i64,
        /// Height of the picture in pixels, a multiple of 16.
        /// Read only when `aspect_ratio` is `custom`.
        ///
        /// From 256 to 900.
        height: i64,
        /// Applies further optimisations that shorten the run at some cost in fidelity.
        ///
        /// Default: `false`.
        juiced: bool,
        /// How many pictures to make from the one prompt.
        /// With more than one the result can be a list of addresses.
        ///
        /// Default: `1`. From 1 to 4.
        num_outputs: i64,
        /// Shape of the picture, width to height.
        /// With `custom` the size is taken from `width` and `height`.
        ///
        /// Default: `16:9`. One of `custom`, `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `21:9`.
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
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
