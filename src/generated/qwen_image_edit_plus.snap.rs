// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Edits one or two pictures as an instruction says, with Qwen-Image-Edit. Here `image` is a list. Rate limit: 150 requests per minute.
    ///
    /// Input of the model `qwen-image-edit-plus`.
    QwenImageEditPlus for QWEN_IMAGE_EDIT_PLUS;
    required {
        /// What to change in the picture, as an instruction.
        prompt: String,
        /// Addresses of the pictures to work on, one or two, each a jpeg, png, gif or webp file.
        /// A list even for a single picture.
        image: [Media],
    }
    optional {
        /// Applies further optimisations that shorten the run at some cost in fidelity.
        ///
        /// Default: `true`.
        go_fast: bool,
        /// Shape of the picture, width to height.
        /// With `match_input_image` it is taken over from the first input picture.
        ///
        /// Default: `match_input_image`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `match_input_image`.
        aspect_ratio: AspectRatio,
        /// File format in which the picture is delivered.
        ///
        /// Default: `webp`. One of `webp`, `jpg`, `png`.
        output_format: OutputFormat,
        /// Compression quality: more means a better picture and a larger file.
        /// Without effect on `png`, which loses nothing.
        ///
        /// Default: `95`. From 0 to 100.
        output_quality: i64,
        /// Turns off the check of the finished picture for unsafe content.
        ///
        /// Default: `false`.
        disable_safety_checker: bool,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
