// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Pruna's own editing model: changes one to five pictures, or puts them together, as an instruction says. Rate limit: 500 requests per minute.
    ///
    /// Input of the model `p-image-edit`.
    PImageEdit for P_IMAGE_EDIT;
    required {
        /// What to change, as an instruction.
        /// Several input pictures are told apart by their position: `image 1`, `image 2` and so on.
        prompt: String,
    }
    optional {
        /// Addresses of the pictures to work on; the one to be edited comes first, the others serve as reference.
        /// Not marked as required, but without a picture there is nothing to edit.
        ///
        /// 1 to 5 items.
        images: [Media],
        /// Shortens the run by further optimisations.
        /// Switch it off when the edit is a difficult one.
        ///
        /// Default: `true`.
        turbo: bool,
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
