// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Image-to-video with Wan: a still picture is set in motion as the prompt says. One mp4 per run. Rate limit: 30 requests per minute.
    ///
    /// Input of the model `wan-i2v`.
    WanI2v for WAN_I2V;
    required {
        /// What should happen in the clip: movement, camera, mood.
        prompt: String,
        /// Address of the picture that becomes the first frame.
        image: Media,
    }
    optional {
        /// Address of the picture on which the clip should end; the movement then leads from `image` to it.
        last_image: Media,
        /// Length of the clip in frames; divided by `frames_per_second` it gives the running time in seconds.
        /// The shortest clip allowed comes out best.
        ///
        /// Default: `81`. From 81 to 121.
        num_frames: i64,
        /// Size of the frame, named after its shorter side: landscape `480p` is 832 by 480 pixels, portrait 480 by 832.
        ///
        /// Default: `480p`. One of `480p`, `720p`.
        resolution: Resolution,
        /// Shift of the noise schedule: larger values give more of the steps to layout and motion, smaller ones to detail.
        ///
        /// Default: `12`. From 1 to 20.
        #[serde(serialize_with = "number")]
        sample_shift: f64,
        /// Playback speed in frames per second.
        /// The price does not follow it: it is reckoned as if the clip ran at 16.
        ///
        /// Default: `16`. From 5 to 30.
        frames_per_second: i64,
        /// Applies further optimisations that shorten the run at some cost in fidelity.
        ///
        /// Default: `true`.
        go_fast: bool,
        /// Has frames added between the generated ones afterwards, so that the clip plays smoothly at 30 frames per second.
        ///
        /// Default: `false`.
        interpolate_output: bool,
        /// Turns off the check of the finished clip for unsafe content.
        ///
        /// Default: `false`.
        disable_safety_checker: bool,
        /// Weight of the LoRA in `lora_weights_transformer`: 1 is as trained, 0 is off.
        ///
        /// Default: `1`.
        #[serde(serialize_with = "number")]
        lora_scale_transformer: f64,
        /// Weight of the LoRA in `lora_weights_transformer_2`: 1 is as trained, 0 is off.
        ///
        /// Default: `1`.
        #[serde(serialize_with = "number")]
        lora_scale_transformer_2: f64,
        /// LoRA for the high-noise transformer, the one that lays out scene and motion: address of a `.safetensors` file on any public host.
        lora_weights_transformer: String,
        /// LoRA for the low-noise transformer, the one that works out detail: address of a `.safetensors` file on any public host.
        /// It need not belong to the file given for the other one.
        lora_weights_transformer_2: String,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the clip; left out, the service draws a new one for each run.
        seed: i64,
    }
}
