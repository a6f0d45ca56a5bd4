// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Text-to-image with Qwen-Image cut down for speed: fewer settings, shorter runs. Rate limit: 150 requests per minute.
///
/// Input of the model `qwen-image-fast`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QwenImageFast {
    /// What the picture should show, in plain language.
    pub prompt: String,
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
    /// How much the picture varies from one seed to the next: more means more variety.
    ///
    /// Default: `0.62`. From 0 to 1.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creativity: Option<f64>,
    /// Shape of the picture, width to height. With `custom` the size is taken from `width` and `height`.
    ///
    /// Default: `16:9`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`, `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
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
impl QwenImageFast {
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
    /// let input = pruna::inputs::QwenImageFast::builder().build();
    /// ```
    pub fn builder() -> QwenImageFastBuilder {
        QwenImageFastBuilder {
            prompt: Unset,
            width: None,
            height: None,
            creativity: None,
            aspect_ratio: None,
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
impl Input for QwenImageFast {
    fn model(&self) -> Model {
        Model::QWEN_IMAGE_FAST
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for QwenImageFast {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(QwenImageFast).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::QWEN_IMAGE_FAST)
    }
}
/// Builder of [`QwenImageFast`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct QwenImageFastBuilder<PromptState = Unset> {
    prompt: PromptState,
    width: Option<i64>,
    height: Option<i64>,
    creativity: Option<f64>,
    aspect_ratio: Option<AspectRatio>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl QwenImageFastBuilder<Unset> {
    /// What the picture should show, in plain language.
    pub fn prompt(self, prompt: impl Into<String>) -> QwenImageFastBuilder<String> {
        QwenImageFastBuilder {
            prompt: prompt.into(),
            width: self.width,
            height: self.height,
            creativity: self.creativity,
            aspect_ratio: self.aspect_ratio,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> QwenImageFastBuilder<PromptState> {
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
    /// How much the picture varies from one seed to the next: more means more variety.
    pub fn creativity(mut self, creativity: impl Into<f64>) -> Self {
        self.creativity = Some(creativity.into());
        self
    }
    /// Shape of the picture, width to height.
    pub fn aspect_ratio(mut self, aspect_ratio: impl Into<AspectRatio>) -> Self {
        self.aspect_ratio = Some(aspect_ratio.into());
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
impl QwenImageFastBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> QwenImageFast {
        QwenImageFast {
            prompt: self.prompt,
            width: self.width,
            height: self.height,
            creativity: self.creativity,
            aspect_ratio: self.aspect_ratio,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
