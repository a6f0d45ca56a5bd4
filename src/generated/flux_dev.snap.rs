// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Text-to-image with the FLUX.1 dev model, compressed by Pruna to several grades of speed. One picture per run. Rate limit: 150 requests per minute.
///
/// Input of the model `flux-dev`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FluxDev {
    /// What the picture should show, in plain language.
    pub prompt: String,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the result; a value of `-1` asks for a fresh one.
    ///
    /// Default: `-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// How strictly the picture follows the prompt. Small values leave the model more freedom, large ones bind it to the words.
    ///
    /// Default: `3.5`.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<f64>,
    /// Length of the longer side in pixels; the other side follows from `aspect_ratio`.
    ///
    /// Default: `1024`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_size: Option<i64>,
    /// How hard the model is optimised: the further from consistent, the sooner the picture is done and the more it departs from what the plain model would have made. The value is compared byte for byte, emoji and brackets included.
    ///
    /// Default: `Extra Juiced 🔥 (more speed)`. One of `Lightly Juiced 🍊 (more consistent)`, `Juiced 🔥 (default)`, `Extra Juiced 🔥 (more speed)`, `Blink of an eye 👁️`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mode: Option<FluxDevSpeedMode>,
    /// Shape of the picture, width to height.
    ///
    /// Default: `1:1`. One of `1:1`, `16:9`, `21:9`, `3:2`, `2:3`, `4:5`, `5:4`, `3:4`, `4:3`, `9:16`, `9:21`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
    /// File format in which the picture is delivered.
    ///
    /// Default: `jpg`. One of `png`, `jpg`, `webp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<OutputFormat>,
    /// Compression quality: more means a better picture and a larger file. Without effect on `png`, which loses nothing.
    ///
    /// Default: `80`. From 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_quality: Option<i64>,
    /// Number of denoising steps. More of them take longer and bring out finer detail.
    ///
    /// Default: `28`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_inference_steps: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl FluxDev {
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
    /// let input = pruna::inputs::FluxDev::builder().build();
    /// ```
    pub fn builder() -> FluxDevBuilder {
        FluxDevBuilder {
            prompt: Unset,
            seed: None,
            guidance: None,
            image_size: None,
            speed_mode: None,
            aspect_ratio: None,
            output_format: None,
            output_quality: None,
            num_inference_steps: None,
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
impl Input for FluxDev {
    fn model(&self) -> Model {
        Model::FLUX_DEV
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for FluxDev {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(FluxDev).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::FLUX_DEV)
    }
}
/// Builder of [`FluxDev`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct FluxDevBuilder<PromptState = Unset> {
    prompt: PromptState,
    seed: Option<i64>,
    guidance: Option<f64>,
    image_size: Option<i64>,
    speed_mode: Option<FluxDevSpeedMode>,
    aspect_ratio: Option<AspectRatio>,
    output_format: Option<OutputFormat>,
    output_quality: Option<i64>,
    num_inference_steps: Option<i64>,
    extra: Extra,
}
impl FluxDevBuilder<Unset> {
    /// What the picture should show, in plain language.
    pub fn prompt(self, prompt: impl Into<String>) -> FluxDevBuilder<String> {
        FluxDevBuilder {
            prompt: prompt.into(),
            seed: self.seed,
            guidance: self.guidance,
            image_size: self.image_size,
            speed_mode: self.speed_mode,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            num_inference_steps: self.num_inference_steps,
            extra: self.extra,
        }
    }
}
impl<PromptState> FluxDevBuilder<PromptState> {
    /// Start of the random sequence.
    pub fn seed(mut self, seed: i64) -> Self {
        self.seed = Some(seed);
        self
    }
    /// How strictly the picture follows the prompt.
    pub fn guidance(mut self, guidance: impl Into<f64>) -> Self {
        self.guidance = Some(guidance.into());
        self
    }
    /// Length of the longer side in pixels; the other side follows from `aspect_ratio`.
    pub fn image_size(mut self, image_size: i64) -> Self {
        self.image_size = Some(image_size);
        self
    }
    /// How hard the model is optimised: the further from consistent, the sooner the picture is done and the more it departs from what the plain model would have made.
    pub fn speed_mode(mut self, speed_mode: impl Into<FluxDevSpeedMode>) -> Self {
        self.speed_mode = Some(speed_mode.into());
        self
    }
    /// Shape of the picture, width to height.
    pub fn aspect_ratio(mut self, aspect_ratio: impl Into<AspectRatio>) -> Self {
        self.aspect_ratio = Some(aspect_ratio.into());
        self
    }
    /// File format in which the picture is delivered.
    pub fn output_format(mut self, output_format: impl Into<OutputFormat>) -> Self {
        self.output_format = Some(output_format.into());
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
    /// Sets a parameter that the type does not know.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}
impl FluxDevBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> FluxDev {
        FluxDev {
            prompt: self.prompt,
            seed: self.seed,
            guidance: self.guidance,
            image_size: self.image_size,
            speed_mode: self.speed_mode,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            num_inference_steps: self.num_inference_steps,
            extra: self.extra,
        }
    }
}
