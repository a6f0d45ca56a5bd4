// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Makes and edits video with VACE (14 billion parameters): from text, from reference pictures, or by repainting the masked part of a clip. A run takes several minutes. Rate limit: 30 requests per minute.
///
/// Input of the model `vace`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Vace {
    /// What the finished video should show.
    pub prompt: String,
    /// Width and height of the frame in pixels, joined by `*`.
    ///
    /// Default: `832*480`. One of `720*1280`, `1280*720`, `480*832`, `832*480`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<VaceSize>,
    /// Address of a video to work on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_video: Option<Media>,
    /// Address of a mask, a picture or a video, that marks what to change in `src_video`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_mask: Option<Media>,
    /// Addresses of pictures of the people or things that are to appear in the video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_ref_images: Option<Vec<Media>>,
    /// Length of the video in frames. The live service has been seen to refuse more than 81.
    ///
    /// Default: `81`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_num: Option<i64>,
    /// How hard the model is optimised: the less consistent, the sooner the video is done. The value is compared byte for byte, emoji and brackets included.
    ///
    /// Default: `Lightly Juiced 🍊 (more consistent)`. One of `Lightly Juiced 🍊 (more consistent)`, `Juiced 🔥 (more speed)`, `Extra Juiced 🚀 (even more speed)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mode: Option<VaceSpeedMode>,
    /// Shift of the noise schedule: larger values give more of the steps to layout and motion, smaller ones to detail.
    ///
    /// Default: `16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_shift: Option<i64>,
    /// Number of denoising steps. The running time grows in proportion.
    ///
    /// Default: `50`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_steps: Option<i64>,
    /// Numerical method by which the sampler steps from noise to video.
    ///
    /// Default: `unipc`. One of `unipc`, `dpm++`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_solver: Option<VaceSampleSolver>,
    /// How strictly the video follows the prompt. Small values leave the model more freedom, large ones bind it to the words.
    ///
    /// Default: `5`.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_guide_scale: Option<f64>,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the result; a value of `-1` asks for a fresh one.
    ///
    /// Default: `-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl Vace {
    /// With what the model requires; everything else is left to the service.
    #[must_use]
    pub fn new(prompt: impl Into<String>) -> Self {
        Self::builder().prompt(prompt).build()
    }
    /// Starts a builder, which is finished by `build` once what the model requires is set.
    ///
    /// Without `prompt` it does not compile:
    ///
    /// ```compile_fail,E0599
    /// let input = pruna::inputs::Vace::builder().build();
    /// ```
    pub fn builder() -> VaceBuilder {
        VaceBuilder {
            prompt: Unset,
            size: None,
            src_video: None,
            src_mask: None,
            src_ref_images: None,
            frame_num: None,
            speed_mode: None,
            sample_shift: None,
            sample_steps: None,
            sample_solver: None,
            sample_guide_scale: None,
            seed: None,
            extra: Extra::new(),
        }
    }
    /// Sets a parameter that this type does not know.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
    /// What the service may refuse, as far as the document tells.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        Input::warnings(self)
    }
}
impl Input for Vace {
    fn model(&self) -> Model {
        Model::VACE
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Vace {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(Vace).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::VACE)
    }
}
/// Builder of [`Vace`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct VaceBuilder<PromptState = Unset> {
    prompt: PromptState,
    size: Option<VaceSize>,
    src_video: Option<Media>,
    src_mask: Option<Media>,
    src_ref_images: Option<Vec<Media>>,
    frame_num: Option<i64>,
    speed_mode: Option<VaceSpeedMode>,
    sample_shift: Option<i64>,
    sample_steps: Option<i64>,
    sample_solver: Option<VaceSampleSolver>,
    sample_guide_scale: Option<f64>,
    seed: Option<i64>,
    extra: Extra,
}
impl VaceBuilder<Unset> {
    /// What the finished video should show.
    pub fn prompt(self, prompt: impl Into<String>) -> VaceBuilder<String> {
        VaceBuilder {
            prompt: prompt.into(),
            size: self.size,
            src_video: self.src_video,
            src_mask: self.src_mask,
            src_ref_images: self.src_ref_images,
            frame_num: self.frame_num,
            speed_mode: self.speed_mode,
            sample_shift: self.sample_shift,
            sample_steps: self.sample_steps,
            sample_solver: self.sample_solver,
            sample_guide_scale: self.sample_guide_scale,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> VaceBuilder<PromptState> {
    /// Width and height of the frame in pixels, joined by `*`.
    pub fn size(mut self, size: impl Into<VaceSize>) -> Self {
        self.size = Some(size.into());
        self
    }
    /// Address of a video to work on.
    pub fn src_video(mut self, src_video: impl Into<Media>) -> Self {
        self.src_video = Some(src_video.into());
        self
    }
    /// Address of a mask, a picture or a video, that marks what to change in `src_video`.
    pub fn src_mask(mut self, src_mask: impl Into<Media>) -> Self {
        self.src_mask = Some(src_mask.into());
        self
    }
    /// Addresses of pictures of the people or things that are to appear in the video.
    pub fn src_ref_images(
        mut self,
        src_ref_images: impl IntoIterator<Item = impl Into<Media>>,
    ) -> Self {
        self.src_ref_images = Some(src_ref_images.into_iter().map(Into::into).collect());
        self
    }
    /// Length of the video in frames.
    pub fn frame_num(mut self, frame_num: i64) -> Self {
        self.frame_num = Some(frame_num);
        self
    }
    /// How hard the model is optimised: the less consistent, the sooner the video is done.
    pub fn speed_mode(mut self, speed_mode: impl Into<VaceSpeedMode>) -> Self {
        self.speed_mode = Some(speed_mode.into());
        self
    }
    /// Shift of the noise schedule: larger values give more of the steps to layout and motion, smaller ones to detail.
    pub fn sample_shift(mut self, sample_shift: i64) -> Self {
        self.sample_shift = Some(sample_shift);
        self
    }
    /// Number of denoising steps.
    pub fn sample_steps(mut self, sample_steps: i64) -> Self {
        self.sample_steps = Some(sample_steps);
        self
    }
    /// Numerical method by which the sampler steps from noise to video.
    pub fn sample_solver(mut self, sample_solver: impl Into<VaceSampleSolver>) -> Self {
        self.sample_solver = Some(sample_solver.into());
        self
    }
    /// How strictly the video follows the prompt.
    pub fn sample_guide_scale(mut self, sample_guide_scale: impl Into<f64>) -> Self {
        self.sample_guide_scale = Some(sample_guide_scale.into());
        self
    }
    /// Start of the random sequence.
    pub fn seed(mut self, seed: i64) -> Self {
        self.seed = Some(seed);
        self
    }
    /// Sets a parameter that the type does not know.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}
impl VaceBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> Vace {
        Vace {
            prompt: self.prompt,
            size: self.size,
            src_video: self.src_video,
            src_mask: self.src_mask,
            src_ref_images: self.src_ref_images,
            frame_num: self.frame_num,
            speed_mode: self.speed_mode,
            sample_shift: self.sample_shift,
            sample_steps: self.sample_steps,
            sample_solver: self.sample_solver,
            sample_guide_scale: self.sample_guide_scale,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
