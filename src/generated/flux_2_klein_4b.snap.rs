// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Light and quick text-to-image with FLUX.2 klein (4 billion parameters), which also takes reference pictures. The result has been seen as a list of addresses. Rate limit: 150 requests per minute.
///
/// Input of the model `flux-2-klein-4b`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flux2Klein4b {
    /// What the picture should show, or what to do with the reference pictures.
    pub prompt: String,
    /// Addresses of reference pictures, at most five, each a jpeg, png, gif or webp file. Left empty, the picture is made from the prompt alone.
    ///
    /// Default: `[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<Media>>,
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_fast: Option<bool>,
    /// Shape of the picture, width to height. With `match_input_image` it is taken over from the first input picture.
    ///
    /// Default: `1:1`. One of `1:1`, `16:9`, `9:16`, `3:2`, `2:3`, `4:3`, `3:4`, `5:4`, `4:5`, `21:9`, `9:21`, `match_input_image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
    /// File format in which the picture is delivered.
    ///
    /// Default: `jpg`. One of `webp`, `jpg`, `png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<OutputFormat>,
    /// Compression quality: more means a better picture and a larger file. Without effect on `png`, which loses nothing.
    ///
    /// Default: `95`. From 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_quality: Option<i64>,
    /// Area of the picture in megapixels. The number is sent as a string.
    ///
    /// Default: `1`. One of `0.25`, `0.5`, `1`, `2`, `4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_megapixels: Option<Flux2Klein4bOutputMegapixels>,
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
impl Flux2Klein4b {
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
    /// let input = pruna::inputs::Flux2Klein4b::builder().build();
    /// ```
    pub fn builder() -> Flux2Klein4bBuilder {
        Flux2Klein4bBuilder {
            prompt: Unset,
            images: None,
            go_fast: None,
            aspect_ratio: None,
            output_format: None,
            output_quality: None,
            output_megapixels: None,
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
impl Input for Flux2Klein4b {
    fn model(&self) -> Model {
        Model::FLUX_2_KLEIN_4B
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Flux2Klein4b {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(Flux2Klein4b).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::FLUX_2_KLEIN_4B)
    }
}
/// Builder of [`Flux2Klein4b`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct Flux2Klein4bBuilder<PromptState = Unset> {
    prompt: PromptState,
    images: Option<Vec<Media>>,
    go_fast: Option<bool>,
    aspect_ratio: Option<AspectRatio>,
    output_format: Option<OutputFormat>,
    output_quality: Option<i64>,
    output_megapixels: Option<Flux2Klein4bOutputMegapixels>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl Flux2Klein4bBuilder<Unset> {
    /// What the picture should show, or what to do with the reference pictures.
    pub fn prompt(self, prompt: impl Into<String>) -> Flux2Klein4bBuilder<String> {
        Flux2Klein4bBuilder {
            prompt: prompt.into(),
            images: self.images,
            go_fast: self.go_fast,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            output_megapixels: self.output_megapixels,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> Flux2Klein4bBuilder<PromptState> {
    /// Addresses of reference pictures, at most five, each a jpeg, png, gif or webp file.
    pub fn images(mut self, images: impl IntoIterator<Item = impl Into<Media>>) -> Self {
        self.images = Some(images.into_iter().map(Into::into).collect());
        self
    }
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    pub fn go_fast(mut self, go_fast: bool) -> Self {
        self.go_fast = Some(go_fast);
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
    /// Area of the picture in megapixels.
    pub fn output_megapixels(
        mut self,
        output_megapixels: impl Into<Flux2Klein4bOutputMegapixels>,
    ) -> Self {
        self.output_megapixels = Some(output_megapixels.into());
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
impl Flux2Klein4bBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> Flux2Klein4b {
        Flux2Klein4b {
            prompt: self.prompt,
            images: self.images,
            go_fast: self.go_fast,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            output_megapixels: self.output_megapixels,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
