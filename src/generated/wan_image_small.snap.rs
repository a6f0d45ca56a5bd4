// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Quick text-to-image with a small Wan model; it makes still pictures only, up to four per run. Rate limit: 150 requests per minute.
///
/// Input of the model `wan-image-small`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WanImageSmall {
    /// What the picture should show, in plain language.
    pub prompt: String,
    /// Width of the picture in pixels, a multiple of 16. Read only when `aspect_ratio` is `custom`.
    ///
    /// From 256 to 900.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    /// Height of the picture in pixels, a multiple of 16. Read only when `aspect_ratio` is `custom`.
    ///
    /// From 256 to 900.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub juiced: Option<bool>,
    /// How many pictures to make from the one prompt. With more than one the result can be a list of addresses.
    ///
    /// Default: `1`. From 1 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_outputs: Option<i64>,
    /// Shape of the picture, width to height. With `custom` the size is taken from `width` and `height`.
    ///
    /// Default: `16:9`. One of `custom`, `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `21:9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
    /// File format in which each picture is delivered.
    ///
    /// Default: `jpg`. One of `png`, `jpg`, `webp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<OutputFormat>,
    /// Compression quality: more means a better picture and a larger file. Without effect on `png`, which loses nothing.
    ///
    /// Default: `80`. From 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_quality: Option<i64>,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl WanImageSmall {
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
    /// let input = pruna::inputs::WanImageSmall::builder().build();
    /// ```
    pub fn builder() -> WanImageSmallBuilder {
        WanImageSmallBuilder {
            prompt: Unset,
            width: None,
            height: None,
            juiced: None,
            num_outputs: None,
            aspect_ratio: None,
            output_format: None,
            output_quality: None,
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
impl Input for WanImageSmall {
    fn model(&self) -> Model {
        Model::WAN_IMAGE_SMALL
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for WanImageSmall {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(WanImageSmall).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::WAN_IMAGE_SMALL)
    }
}
/// Builder of [`WanImageSmall`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct WanImageSmallBuilder<PromptState = Unset> {
    prompt: PromptState,
    width: Option<i64>,
    height: Option<i64>,
    juiced: Option<bool>,
    num_outputs: Option<i64>,
    aspect_ratio: Option<AspectRatio>,
    output_format: Option<OutputFormat>,
    output_quality: Option<i64>,
    seed: Option<i64>,
    extra: Extra,
}
impl WanImageSmallBuilder<Unset> {
    /// What the picture should show, in plain language.
    pub fn prompt(self, prompt: impl Into<String>) -> WanImageSmallBuilder<String> {
        WanImageSmallBuilder {
            prompt: prompt.into(),
            width: self.width,
            height: self.height,
            juiced: self.juiced,
            num_outputs: self.num_outputs,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> WanImageSmallBuilder<PromptState> {
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
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    pub fn juiced(mut self, juiced: bool) -> Self {
        self.juiced = Some(juiced);
        self
    }
    /// How many pictures to make from the one prompt.
    pub fn num_outputs(mut self, num_outputs: i64) -> Self {
        self.num_outputs = Some(num_outputs);
        self
    }
    /// Shape of the picture, width to height.
    pub fn aspect_ratio(mut self, aspect_ratio: impl Into<AspectRatio>) -> Self {
        self.aspect_ratio = Some(aspect_ratio.into());
        self
    }
    /// File format in which each picture is delivered.
    pub fn output_format(mut self, output_format: impl Into<OutputFormat>) -> Self {
        self.output_format = Some(output_format.into());
        self
    }
    /// Compression quality: more means a better picture and a larger file.
    pub fn output_quality(mut self, output_quality: i64) -> Self {
        self.output_quality = Some(output_quality);
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
impl WanImageSmallBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> WanImageSmall {
        WanImageSmall {
            prompt: self.prompt,
            width: self.width,
            height: self.height,
            juiced: self.juiced,
            num_outputs: self.num_outputs,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
