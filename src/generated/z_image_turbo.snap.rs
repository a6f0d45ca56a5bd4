// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Very quick text-to-image with Z-Image Turbo, in sizes given in pixels. Rate limit: 150 requests per minute.
///
/// Input of the model `z-image-turbo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ZImageTurbo {
    /// What the picture should show, in plain language.
    pub prompt: String,
    /// Number of pixels from left to right.
    ///
    /// Default: `1024`. From 64 to 2048.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    /// Number of pixels from top to bottom.
    ///
    /// Default: `1024`. From 64 to 2048.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_fast: Option<bool>,
    /// File format in which the picture is delivered.
    ///
    /// Default: `jpg`. One of `png`, `jpg`, `webp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<OutputFormat>,
    /// Strength of the guidance by the prompt. The turbo models are made to run without any: keep it at zero.
    ///
    /// Default: `0`. From 0 to 20.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_scale: Option<f64>,
    /// Compression quality: more means a better picture and a larger file. Without effect on `png`, which loses nothing.
    ///
    /// Default: `80`. From 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_quality: Option<i64>,
    /// Number of denoising steps. More of them take longer and bring out finer detail.
    ///
    /// Default: `8`. From 1 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_inference_steps: Option<i64>,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl ZImageTurbo {
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
    /// let input = pruna::inputs::ZImageTurbo::builder().build();
    /// ```
    pub fn builder() -> ZImageTurboBuilder {
        ZImageTurboBuilder {
            prompt: Unset,
            width: None,
            height: None,
            go_fast: None,
            output_format: None,
            guidance_scale: None,
            output_quality: None,
            num_inference_steps: None,
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
impl Input for ZImageTurbo {
    fn model(&self) -> Model {
        Model::Z_IMAGE_TURBO
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for ZImageTurbo {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(ZImageTurbo).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::Z_IMAGE_TURBO)
    }
}
/// Builder of [`ZImageTurbo`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct ZImageTurboBuilder<PromptState = Unset> {
    prompt: PromptState,
    width: Option<i64>,
    height: Option<i64>,
    go_fast: Option<bool>,
    output_format: Option<OutputFormat>,
    guidance_scale: Option<f64>,
    output_quality: Option<i64>,
    num_inference_steps: Option<i64>,
    seed: Option<i64>,
    extra: Extra,
}
impl ZImageTurboBuilder<Unset> {
    /// What the picture should show, in plain language.
    pub fn prompt(self, prompt: impl Into<String>) -> ZImageTurboBuilder<String> {
        ZImageTurboBuilder {
            prompt: prompt.into(),
            width: self.width,
            height: self.height,
            go_fast: self.go_fast,
            output_format: self.output_format,
            guidance_scale: self.guidance_scale,
            output_quality: self.output_quality,
            num_inference_steps: self.num_inference_steps,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> ZImageTurboBuilder<PromptState> {
    /// Number of pixels from left to right.
    pub fn width(mut self, width: i64) -> Self {
        self.width = Some(width);
        self
    }
    /// Number of pixels from top to bottom.
    pub fn height(mut self, height: i64) -> Self {
        self.height = Some(height);
        self
    }
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    pub fn go_fast(mut self, go_fast: bool) -> Self {
        self.go_fast = Some(go_fast);
        self
    }
    /// File format in which the picture is delivered.
    pub fn output_format(mut self, output_format: impl Into<OutputFormat>) -> Self {
        self.output_format = Some(output_format.into());
        self
    }
    /// Strength of the guidance by the prompt.
    pub fn guidance_scale(mut self, guidance_scale: impl Into<f64>) -> Self {
        self.guidance_scale = Some(guidance_scale.into());
        self
    }
    /// Compression quality: more means a better picture and a larger file.
    pub fn output_quality(mut self, output_quality: i64) -> Self {
        self.output_quality = Some(output_quality);
        self
    }
    /// Number of denoising steps.
    pub fn num_inference_steps(mut self, num_inference_steps: i64) -> Self {
        self.num_inference_steps = Some(num_inference_steps);
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
impl ZImageTurboBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> ZImageTurbo {
        ZImageTurbo {
            prompt: self.prompt,
            width: self.width,
            height: self.height,
            go_fast: self.go_fast,
            output_format: self.output_format,
            guidance_scale: self.guidance_scale,
            output_quality: self.output_quality,
            num_inference_steps: self.num_inference_steps,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
