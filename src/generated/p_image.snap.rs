// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Pruna's own text-to-image model: about a second per picture, with a second pass of refinement, any of the usual shapes or a size of one's own. Rate limit: 500 requests per minute.
///
/// Input of the model `p-image`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PImage {
    /// What the picture should show, in plain language.
    pub prompt: String,
    /// Shape of the picture, width to height. With `custom` the size is taken from `width` and `height`.
    ///
    /// Default: `16:9`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`, `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
    /// Width of the picture in pixels, a multiple of 16. Read only when `aspect_ratio` is `custom`.
    ///
    /// From 256 to 1440.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    /// Height of the picture in pixels, a multiple of 16. Read only when `aspect_ratio` is `custom`.
    ///
    /// From 256 to 1440.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
    /// LoRA to apply, as trained by `p-image-trainer`: a Hugging Face repository written `huggingface.co/owner/name`, with `/` and the name of the weight file after it. Without a file name the service looks for `pytorch_lora_weights.safetensors`, whereas the trainers write `weights.safetensors`. A private repository needs `hf_api_token` as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_weights: Option<String>,
    /// Weight of the LoRA in `lora_weights`: 0 leaves it out, larger values bring out its style more, negative ones push away from it. Half strength suits most.
    ///
    /// Default: `0.5`. From -1 to 3.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_scale: Option<f64>,
    /// Access token of a Hugging Face account, needed only when the repository named in `lora_weights` is private or gated. It is a secret: keep it out of logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hf_api_token: Option<Secret>,
    /// Lets a language model enrich the prompt before the picture is made.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_upsampling: Option<bool>,
    /// Turns off the check of the finished picture for unsafe content.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_safety_checker: Option<bool>,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl PImage {
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
    /// let input = pruna::inputs::PImage::builder().build();
    /// ```
    pub fn builder() -> PImageBuilder {
        PImageBuilder {
            prompt: Unset,
            aspect_ratio: None,
            width: None,
            height: None,
            lora_weights: None,
            lora_scale: None,
            hf_api_token: None,
            prompt_upsampling: None,
            disable_safety_checker: None,
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
impl Input for PImage {
    fn model(&self) -> Model {
        Model::P_IMAGE
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for PImage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(PImage).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::P_IMAGE)
    }
}
/// Builder of [`PImage`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct PImageBuilder<PromptState = Unset> {
    prompt: PromptState,
    aspect_ratio: Option<AspectRatio>,
    width: Option<i64>,
    height: Option<i64>,
    lora_weights: Option<String>,
    lora_scale: Option<f64>,
    hf_api_token: Option<Secret>,
    prompt_upsampling: Option<bool>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl PImageBuilder<Unset> {
    /// What the picture should show, in plain language.
    pub fn prompt(self, prompt: impl Into<String>) -> PImageBuilder<String> {
        PImageBuilder {
            prompt: prompt.into(),
            aspect_ratio: self.aspect_ratio,
            width: self.width,
            height: self.height,
            lora_weights: self.lora_weights,
            lora_scale: self.lora_scale,
            hf_api_token: self.hf_api_token,
            prompt_upsampling: self.prompt_upsampling,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> PImageBuilder<PromptState> {
    /// Shape of the picture, width to height.
    pub fn aspect_ratio(mut self, aspect_ratio: impl Into<AspectRatio>) -> Self {
        self.aspect_ratio = Some(aspect_ratio.into());
        self
    }
    /// Width of the picture in pixels, a multiple of 16.
    pub fn width(mut self, width: i64) -> Self {
        self.width = Some(width);
        self
    }
    /// Height of the picture in pixels, a multiple of 16.
    pub fn height(mut self, height: i64) -> Self {
        self.height = Some(height);
        self
    }
    /// LoRA to apply, as trained by `p-image-trainer`: a Hugging Face repository written `huggingface.co/owner/name`, with `/` and the name of the weight file after it.
    pub fn lora_weights(mut self, lora_weights: impl Into<String>) -> Self {
        self.lora_weights = Some(lora_weights.into());
        self
    }
    /// Weight of the LoRA in `lora_weights`: 0 leaves it out, larger values bring out its style more, negative ones push away from it.
    pub fn lora_scale(mut self, lora_scale: impl Into<f64>) -> Self {
        self.lora_scale = Some(lora_scale.into());
        self
    }
    /// Access token of a Hugging Face account, needed only when the repository named in `lora_weights` is private or gated.
    pub fn hf_api_token(mut self, hf_api_token: impl Into<Secret>) -> Self {
        self.hf_api_token = Some(hf_api_token.into());
        self
    }
    /// Lets a language model enrich the prompt before the picture is made.
    pub fn prompt_upsampling(mut self, prompt_upsampling: bool) -> Self {
        self.prompt_upsampling = Some(prompt_upsampling);
        self
    }
    /// Turns off the check of the finished picture for unsafe content.
    pub fn disable_safety_checker(mut self, disable_safety_checker: bool) -> Self {
        self.disable_safety_checker = Some(disable_safety_checker);
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
impl PImageBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> PImage {
        PImage {
            prompt: self.prompt,
            aspect_ratio: self.aspect_ratio,
            width: self.width,
            height: self.height,
            lora_weights: self.lora_weights,
            lora_scale: self.lora_scale,
            hf_api_token: self.hf_api_token,
            prompt_upsampling: self.prompt_upsampling,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
