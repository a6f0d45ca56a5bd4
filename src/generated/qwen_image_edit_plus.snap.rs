// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Edits one or two pictures as an instruction says, with Qwen-Image-Edit. Here `image` is a list. Rate limit: 150 requests per minute.
///
/// Input of the model `qwen-image-edit-plus`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QwenImageEditPlus {
    /// What to change in the picture, as an instruction.
    pub prompt: String,
    /// Addresses of the pictures to work on, one or two, each a jpeg, png, gif or webp file. A list even for a single picture.
    pub image: Vec<Media>,
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    ///
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_fast: Option<bool>,
    /// Shape of the picture, width to height. With `match_input_image` it is taken over from the first input picture.
    ///
    /// Default: `match_input_image`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `match_input_image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
    /// File format in which the picture is delivered.
    ///
    /// Default: `webp`. One of `webp`, `jpg`, `png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<OutputFormat>,
    /// Compression quality: more means a better picture and a larger file. Without effect on `png`, which loses nothing.
    ///
    /// Default: `95`. From 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_quality: Option<i64>,
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
impl QwenImageEditPlus {
    /// With what the model requires; everything else is left to the service.
    #[must_use]
    pub fn new(
        prompt: impl Into<String>,
        image: impl IntoIterator<Item = impl Into<Media>>,
    ) -> Self {
        Self::builder().prompt(prompt).image(image).build()
    }
    /// Starts a builder, which is finished by `build` once what the model requires is set.
    ///
    /// Without `prompt` it does not compile:
    ///
    /// ```compile_fail,E0599
    /// let input = pruna::inputs::QwenImageEditPlus::builder().image([pruna::Media::path("a.jpg")]).build();
    /// ```
    ///
    /// Without `image` it does not compile:
    ///
    /// ```compile_fail,E0599
    /// let input = pruna::inputs::QwenImageEditPlus::builder().prompt("text").build();
    /// ```
    pub fn builder() -> QwenImageEditPlusBuilder {
        QwenImageEditPlusBuilder {
            prompt: Unset,
            image: Unset,
            go_fast: None,
            aspect_ratio: None,
            output_format: None,
            output_quality: None,
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
impl Input for QwenImageEditPlus {
    fn model(&self) -> Model {
        Model::QWEN_IMAGE_EDIT_PLUS
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for QwenImageEditPlus {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(QwenImageEditPlus).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::QWEN_IMAGE_EDIT_PLUS)
    }
}
/// Builder of [`QwenImageEditPlus`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct QwenImageEditPlusBuilder<PromptState = Unset, ImageState = Unset> {
    prompt: PromptState,
    image: ImageState,
    go_fast: Option<bool>,
    aspect_ratio: Option<AspectRatio>,
    output_format: Option<OutputFormat>,
    output_quality: Option<i64>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl<ImageState> QwenImageEditPlusBuilder<Unset, ImageState> {
    /// What to change in the picture, as an instruction.
    pub fn prompt(
        self,
        prompt: impl Into<String>,
    ) -> QwenImageEditPlusBuilder<String, ImageState> {
        QwenImageEditPlusBuilder {
            prompt: prompt.into(),
            image: self.image,
            go_fast: self.go_fast,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> QwenImageEditPlusBuilder<PromptState, Unset> {
    /// Addresses of the pictures to work on, one or two, each a jpeg, png, gif or webp file.
    pub fn image(
        self,
        image: impl IntoIterator<Item = impl Into<Media>>,
    ) -> QwenImageEditPlusBuilder<PromptState, Vec<Media>> {
        QwenImageEditPlusBuilder {
            image: image.into_iter().map(Into::into).collect(),
            prompt: self.prompt,
            go_fast: self.go_fast,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState, ImageState> QwenImageEditPlusBuilder<PromptState, ImageState> {
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
impl QwenImageEditPlusBuilder<String, Vec<Media>> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> QwenImageEditPlus {
        QwenImageEditPlus {
            prompt: self.prompt,
            image: self.image,
            go_fast: self.go_fast,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
