// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

input! {
    /// Makes and edits video with VACE (14 billion parameters): from text, from reference pictures, or by repainting the masked part of a clip. A run takes several minutes. Rate limit: 30 requests per minute.
    ///
    /// Input of the model `vace`.
    Vace for VACE;
    required {
        /// What the finished video should show.
        prompt: String,
    }
    optional {
        /// Width and height of the frame in pixels, joined by `*`.
        ///
        /// Default: `832*480`. One of `720*1280`, `1280*720`, `480*832`, `832*480`.
        size: VaceSize,
        /// Address of a video to work on.
        src_video: Media,
        /// Address of a mask, a picture or a video, that marks what to change in `src_video`.
        src_mask: Media,
        /// Addresses of pictures of the people or things that are to appear in the video.
        src_ref_images: [Media],
        /// Length of the video in frames.
        /// The live service has been seen to refuse more than 81.
        ///
        /// Default: `81`.
        frame_num: i64,
        /// How hard the model is optimised: the less consistent, the sooner the video is done.
        /// The value is compared byte for byte, emoji and brackets included.
        ///
        /// Default: `Lightly Juiced 🍊 (more consistent)`. One of `Lightly Juiced 🍊 (more consistent)`, `Juiced 🔥 (more speed)`, `Extra Juiced 🚀 (even more speed)`.
        speed_mode: VaceSpeedMode,
        /// Shift of the noise schedule: larger values give more of the steps to layout and motion, smaller ones to detail.
        ///
        /// Default: `16`.
        sample_shift: i64,
        /// Number of denoising steps.
        /// The running time grows in proportion.
        ///
        /// Default: `50`.
        sample_steps: i64,
        /// Numerical method by which the sampler steps from noise to video.
        ///
        /// Default: `unipc`. One of `unipc`, `dpm++`.
        sample_solver: VaceSampleSolver,
        /// How strictly the video follows the prompt.
        /// Small values leave the model more freedom, large ones bind it to the words.
        ///
        /// Default: `5`.
        #[serde(serialize_with = "number")]
        sample_guide_scale: f64,
        /// Start of the random sequence.
        /// Repeating it together with the rest of the input repeats the result; a value of `-1` asks for a fresh one.
        ///
        /// Default: `-1`.
        seed: i64,
    }
}
