// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Pruna's own text-to-image model: about a second per picture, with a second pass of refinement, any of the usual shapes or a size of one's own. Rate limit: 500 requests per minute.
    ///
    /// Input of the model `p-image`.
    PImage for P_IMAGE;
    required {
        /// What the picture should show, in plain language.
        prompt: String,
    }
    optional {
        /// Shape of the picture, width to height.
        /// With `custom` the size is taken from `width` and `height`.
        ///
        /// Default: `16:9`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`, `custom`.
        aspect_ratio: AspectRatio,
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
        /// LoRA to apply, as trained by `p-image-trainer`: a Hugging Face repository written `huggingface.co/owner/name`, with `/` and the name of the weight file after it.
        /// Without a file name the service looks for `pytorch_lora_weights.safetensors`, whereas the trainers write `weights.safetensors`. A private repository needs `hf_api_token` as well.
        lora_weights: String,
        /// Weight of the LoRA in `lora_weights`: 0 leaves it out, larger values bring out its style more, negative ones push away from it.
        /// Half strength suits most.
        ///
        /// Default: `0.5`. From -1 to 3.
        #[serde(serialize_with = "number")]
        lora_scale: f64,
        /// Access token of a Hugging Face account, needed only when the repository named in `lora_weights` is private or gated.
        /// It is a secret: keep it out of logs.
        hf_api_token: Secret,
        /// Lets a language model enrich the prompt before the picture is made.
        ///
        /// Default: `false`.
        prompt_upsampling: bool,
        /// Turns off the check of the finished picture for unsafe content.
        ///
        /// Default: `false`.
        disable_safety_checker: bool,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
        seed: i64,
    }
}
