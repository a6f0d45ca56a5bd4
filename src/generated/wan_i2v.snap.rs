// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Image-to-video with Wan: a still picture is set in motion as the prompt says. One mp4 per run. Rate limit: 30 requests per minute.
///
/// Input of the model `wan-i2v`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WanI2v {
    /// What should happen in the clip: movement, camera, mood.
    pub prompt: String,
    /// Address of the picture that becomes the first frame.
    pub image: Media,
    /// Address of the picture on which the clip should end; the movement then leads from `image` to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_image: Option<Media>,
    /// Length of the clip in frames; divided by `frames_per_second` it gives the running time in seconds. The shortest clip allowed comes out best.
    ///
    /// Default: `81`. From 81 to 121.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_frames: Option<i64>,
    /// Size of the frame, named after its shorter side: landscape `480p` is 832 by 480 pixels, portrait 480 by 832.
    ///
    /// Default: `480p`. One of `480p`, `720p`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// Shift of the noise schedule: larger values give more of the steps to layout and motion, smaller ones to detail.
    ///
    /// Default: `12`. From 1 to 20.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_shift: Option<f64>,
    /// Playback speed in frames per second. The price does not follow it: it is reckoned as if the clip ran at 16.
    ///
    /// Default: `16`. From 5 to 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<i64>,
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    ///
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_fast: Option<bool>,
    /// Has frames added between the generated ones afterwards, so that the clip plays smoothly at 30 frames per second.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpolate_output: Option<bool>,
    /// Turns off the check of the finished clip for unsafe content.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_safety_checker: Option<bool>,
    /// Weight of the LoRA in `lora_weights_transformer`: 1 is as trained, 0 is off.
    ///
    /// Default: `1`.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_scale_transformer: Option<f64>,
    /// Weight of the LoRA in `lora_weights_transformer_2`: 1 is as trained, 0 is off.
    ///
    /// Default: `1`.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_scale_transformer_2: Option<f64>,
    /// LoRA for the high-noise transformer, the one that lays out scene and motion: address of a `.safetensors` file on any public host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_weights_transformer: Option<String>,
    /// LoRA for the low-noise transformer, the one that works out detail: address of a `.safetensors` file on any public host. It need not belong to the file given for the other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_weights_transformer_2: Option<String>,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the clip; left out, the service draws a new one for each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl WanI2v {
    /// With what the model requires; everything else is left to the service.
    #[must_use]
    pub fn new(prompt: impl Into<String>, image: impl Into<Media>) -> Self {
        Self::builder().prompt(prompt).image(image).build()
    }
    /// Starts a builder, which is finished by `build` once what the model requires is set.
    ///
    /// Without `prompt` it does not compile:
    ///
    /// ```compile_fail,E0599
    /// let input = pruna::inputs::WanI2v::builder().image(pruna::Media::path("a.jpg")).build();
    /// ```
    ///
    /// Without `image` it does not compile:
    ///
    /// ```compile_fail,E0599
    /// let input = pruna::inputs::WanI2v::builder().prompt("text").build();
    /// ```
    pub fn builder() -> WanI2vBuilder {
        WanI2vBuilder {
            prompt: Unset,
            image: Unset,
            last_image: None,
            num_frames: None,
            resolution: None,
            sample_shift: None,
            frames_per_second: None,
            go_fast: None,
            interpolate_output: None,
            disable_safety_checker: None,
            lora_scale_transformer: None,
            lora_scale_transformer_2: None,
            lora_weights_transformer: None,
            lora_weights_transformer_2: None,
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
impl Input for WanI2v {
    fn model(&self) -> Model {
        Model::WAN_I2V
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for WanI2v {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(WanI2v).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::WAN_I2V)
    }
}
/// Builder of [`WanI2v`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct WanI2vBuilder<PromptState = Unset, ImageState = Unset> {
    prompt: PromptState,
    image: ImageState,
    last_image: Option<Media>,
    num_frames: Option<i64>,
    resolution: Option<Resolution>,
    sample_shift: Option<f64>,
    frames_per_second: Option<i64>,
    go_fast: Option<bool>,
    interpolate_output: Option<bool>,
    disable_safety_checker: Option<bool>,
    lora_scale_transformer: Option<f64>,
    lora_scale_transformer_2: Option<f64>,
    lora_weights_transformer: Option<String>,
    lora_weights_transformer_2: Option<String>,
    seed: Option<i64>,
    extra: Extra,
}
impl<ImageState> WanI2vBuilder<Unset, ImageState> {
    /// What should happen in the clip: movement, camera, mood.
    pub fn prompt(self, prompt: impl Into<String>) -> WanI2vBuilder<String, ImageState> {
        WanI2vBuilder {
            prompt: prompt.into(),
            image: self.image,
            last_image: self.last_image,
            num_frames: self.num_frames,
            resolution: self.resolution,
            sample_shift: self.sample_shift,
            frames_per_second: self.frames_per_second,
            go_fast: self.go_fast,
            interpolate_output: self.interpolate_output,
            disable_safety_checker: self.disable_safety_checker,
            lora_scale_transformer: self.lora_scale_transformer,
            lora_scale_transformer_2: self.lora_scale_transformer_2,
            lora_weights_transformer: self.lora_weights_transformer,
            lora_weights_transformer_2: self.lora_weights_transformer_2,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> WanI2vBuilder<PromptState, Unset> {
    /// Address of the picture that becomes the first frame.
    pub fn image(self, image: impl Into<Media>) -> WanI2vBuilder<PromptState, Media> {
        WanI2vBuilder {
            image: image.into(),
            prompt: self.prompt,
            last_image: self.last_image,
            num_frames: self.num_frames,
            resolution: self.resolution,
            sample_shift: self.sample_shift,
            frames_per_second: self.frames_per_second,
            go_fast: self.go_fast,
            interpolate_output: self.interpolate_output,
            disable_safety_checker: self.disable_safety_checker,
            lora_scale_transformer: self.lora_scale_transformer,
            lora_scale_transformer_2: self.lora_scale_transformer_2,
            lora_weights_transformer: self.lora_weights_transformer,
            lora_weights_transformer_2: self.lora_weights_transformer_2,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState, ImageState> WanI2vBuilder<PromptState, ImageState> {
    /// Address of the picture on which the clip should end; the movement then leads from `image` to it.
    pub fn last_image(mut self, last_image: impl Into<Media>) -> Self {
        self.last_image = Some(last_image.into());
        self
    }
    /// Length of the clip in frames; divided by `frames_per_second` it gives the running time in seconds.
    pub fn num_frames(mut self, num_frames: i64) -> Self {
        self.num_frames = Some(num_frames);
        self
    }
    /// Size of the frame, named after its shorter side: landscape `480p` is 832 by 480 pixels, portrait 480 by 832.
    pub fn resolution(mut self, resolution: impl Into<Resolution>) -> Self {
        self.resolution = Some(resolution.into());
        self
    }
    /// Shift of the noise schedule: larger values give more of the steps to layout and motion, smaller ones to detail.
    pub fn sample_shift(mut self, sample_shift: impl Into<f64>) -> Self {
        self.sample_shift = Some(sample_shift.into());
        self
    }
    /// Playback speed in frames per second.
    pub fn frames_per_second(mut self, frames_per_second: i64) -> Self {
        self.frames_per_second = Some(frames_per_second);
        self
    }
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    pub fn go_fast(mut self, go_fast: bool) -> Self {
        self.go_fast = Some(go_fast);
        self
    }
    /// Has frames added between the generated ones afterwards, so that the clip plays smoothly at 30 frames per second.
    pub fn interpolate_output(mut self, interpolate_output: bool) -> Self {
        self.interpolate_output = Some(interpolate_output);
        self
    }
    /// Turns off the check of the finished clip for unsafe content.
    pub fn disable_safety_checker(mut self, disable_safety_checker: bool) -> Self {
        self.disable_safety_checker = Some(disable_safety_checker);
        self
    }
    /// Weight of the LoRA in `lora_weights_transformer`: 1 is as trained, 0 is off.
    pub fn lora_scale_transformer(
        mut self,
        lora_scale_transformer: impl Into<f64>,
    ) -> Self {
        self.lora_scale_transformer = Some(lora_scale_transformer.into());
        self
    }
    /// Weight of the LoRA in `lora_weights_transformer_2`: 1 is as trained, 0 is off.
    pub fn lora_scale_transformer_2(
        mut self,
        lora_scale_transformer_2: impl Into<f64>,
    ) -> Self {
        self.lora_scale_transformer_2 = Some(lora_scale_transformer_2.into());
        self
    }
    /// LoRA for the high-noise transformer, the one that lays out scene and motion: address of a `.safetensors` file on any public host.
    pub fn lora_weights_transformer(
        mut self,
        lora_weights_transformer: impl Into<String>,
    ) -> Self {
        self.lora_weights_transformer = Some(lora_weights_transformer.into());
        self
    }
    /// LoRA for the low-noise transformer, the one that works out detail: address of a `.safetensors` file on any public host.
    pub fn lora_weights_transformer_2(
        mut self,
        lora_weights_transformer_2: impl Into<String>,
    ) -> Self {
        self.lora_weights_transformer_2 = Some(lora_weights_transformer_2.into());
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
impl WanI2vBuilder<String, Media> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> WanI2v {
        WanI2v {
            prompt: self.prompt,
            image: self.image,
            last_image: self.last_image,
            num_frames: self.num_frames,
            resolution: self.resolution,
            sample_shift: self.sample_shift,
            frames_per_second: self.frames_per_second,
            go_fast: self.go_fast,
            interpolate_output: self.interpolate_output,
            disable_safety_checker: self.disable_safety_checker,
            lora_scale_transformer: self.lora_scale_transformer,
            lora_scale_transformer_2: self.lora_scale_transformer_2,
            lora_weights_transformer: self.lora_weights_transformer,
            lora_weights_transformer_2: self.lora_weights_transformer_2,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
