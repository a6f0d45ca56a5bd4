// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Pruna's own editing model: changes one to five pictures, or puts them together, as an instruction says. Rate limit: 500 requests per minute.
///
/// Input of the model `p-image-edit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PImageEdit {
    /// What to change, as an instruction. Several input pictures are told apart by their position: `image 1`, `image 2` and so on.
    pub prompt: String,
    /// Addresses of the pictures to work on; the one to be edited comes first, the others serve as reference. Not marked as required, but without a picture there is nothing to edit.
    ///
    /// 1 to 5 items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<Media>>,
    /// Shortens the run by further optimisations. Switch it off when the edit is a difficult one.
    ///
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
    /// Shape of the picture, width to height. With `match_input_image` it is taken over from the first input picture.
    ///
    /// Default: `match_input_image`. One of `match_input_image`, `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`.
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
impl PImageEdit {
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
    /// let input = pruna::inputs::PImageEdit::builder().build();
    /// ```
    pub fn builder() -> PImageEditBuilder {
        PImageEditBuilder {
            prompt: Unset,
            images: None,
            turbo: None,
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
impl Input for PImageEdit {
    fn model(&self) -> Model {
        Model::P_IMAGE_EDIT
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for PImageEdit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(PImageEdit).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::P_IMAGE_EDIT)
    }
}
/// Builder of [`PImageEdit`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct PImageEditBuilder<PromptState = Unset> {
    prompt: PromptState,
    images: Option<Vec<Media>>,
    turbo: Option<bool>,
    aspect_ratio: Option<AspectRatio>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl PImageEditBuilder<Unset> {
    /// What to change, as an instruction.
    pub fn prompt(self, prompt: impl Into<String>) -> PImageEditBuilder<String> {
        PImageEditBuilder {
            prompt: prompt.into(),
            images: self.images,
            turbo: self.turbo,
            aspect_ratio: self.aspect_ratio,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> PImageEditBuilder<PromptState> {
    /// Addresses of the pictures to work on; the one to be edited comes first, the others serve as reference.
    pub fn images(mut self, images: impl IntoIterator<Item = impl Into<Media>>) -> Self {
        self.images = Some(images.into_iter().map(Into::into).collect());
        self
    }
    /// Shortens the run by further optimisations.
    pub fn turbo(mut self, turbo: bool) -> Self {
        self.turbo = Some(turbo);
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
impl PImageEditBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> PImageEdit {
        PImageEdit {
            prompt: self.prompt,
            images: self.images,
            turbo: self.turbo,
            aspect_ratio: self.aspect_ratio,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
