// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Light and quick text-to-image with FLUX.2 klein (4 billion parameters), which also takes reference pictures. The result has been seen as a list of addresses. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `flux-2-klein-4b`.
    Flux2Klein4b for FLUX_2_KLEIN_4B;
    required {
        /// What the picture should show, or what to do with the reference pictures.
        prompt: String,
    }
    optional {
        /// Addresses of reference pictures, at most five, each a jpeg, png, gif or webp file.
        /// Left empty, the picture is made from the prompt alone.
        ///
        /// Default: `[]`.
        images: [Media],
        /// Applies further optimisations that shorten the run at some cost in fidelity.
        ///
        /// Default: `false`.
        go_fast: bool,
        /// Shape of the picture, width to height.
        /// With `match_input_image` it is taken over from the first input picture.
        ///
        /// Default: `1:1`. One of `1:1`, `16:9`, `9:16`, `3:2`, `2:3`, `4:3`, `3:4`, `5:4`, `4:5`, `21:9`, `9:21`, `match_input_image`.
        aspect_ratio: AspectRatio,
        /// File format in which the picture is delivered.
        ///
        /// Default: `jpg`. One of `webp`, `jpg`, `png`.
        output_format: OutputFormat,
        /// Compression quality: more means a better picture and a larger file.
        /// Without effect on `png`, which loses nothing.
        ///
        /// Default: `95`. From 0 to 100.
        output_quality: i64,
        /// Area of the picture in megapixels.
        /// The number is sent as a string.
        ///
        /// Default: `1`. One of `0.25`, `0.5`, `1`, `2`, `4`.
        output_megapixels: Flux2Klein4bOutputMegapixels,
        /// Turns off the check of the finished picture for unsafe content.
        ///
        /// Default: `false`.
        disable_safety_checker: bool,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
