// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// The editing model `p-image-edit` with a LoRA from `p-image-edit-trainer`. Rate limit: 500 requests per minute.
///
/// Input of the model `p-image-edit-lora`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PImageEditLora {
    /// What to change, as an instruction. Several input pictures are told apart by their position: `image 1`, `image 2` and so on.
    pub prompt: String,
    /// Addresses of the pictures to work on; the one to be edited comes first, the others serve as reference.
    ///
    /// Default: `[]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<Media>>,
    /// Shortens the run by further optimisations. Switch it off when the edit is a difficult one.
    ///
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
    /// LoRA to apply, as trained by `p-image-edit-trainer`: a Hugging Face repository written `huggingface.co/owner/name`, with `/` and the name of the weight file after it. Without a file name the service looks for `pytorch_lora_weights.safetensors`, whereas the trainers write `weights.safetensors`. A private repository needs `hf_api_token` as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_weights: Option<String>,
    /// Weight of the LoRA in `lora_weights`: 0 leaves it out, 1 is as trained, negative values push away from it.
    ///
    /// Default: `1`. From -1 to 3.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_scale: Option<f64>,
    /// Access token of a Hugging Face account, needed only when the repository named in `lora_weights` is private or gated. It is a secret: keep it out of logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hf_api_token: Option<Secret>,
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
impl PImageEditLora {
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
    /// let input = pruna::inputs::PImageEditLora::builder().build();
    /// ```
    pub fn builder() -> PImageEditLoraBuilder {
        PImageEditLoraBuilder {
            prompt: Unset,
            images: None,
            turbo: None,
            lora_weights: None,
            lora_scale: None,
            hf_api_token: None,
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
impl Input for PImageEditLora {
    fn model(&self) -> Model {
        Model::P_IMAGE_EDIT_LORA
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for PImageEditLora {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(PImageEditLora).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::P_IMAGE_EDIT_LORA)
    }
}
/// Builder of [`PImageEditLora`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct PImageEditLoraBuilder<PromptState = Unset> {
    prompt: PromptState,
    images: Option<Vec<Media>>,
    turbo: Option<bool>,
    lora_weights: Option<String>,
    lora_scale: Option<f64>,
    hf_api_token: Option<Secret>,
    aspect_ratio: Option<AspectRatio>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl PImageEditLoraBuilder<Unset> {
    /// What to change, as an instruction.
    pub fn prompt(self, prompt: impl Into<String>) -> PImageEditLoraBuilder<String> {
        PImageEditLoraBuilder {
            prompt: prompt.into(),
            images: self.images,
            turbo: self.turbo,
            lora_weights: self.lora_weights,
            lora_scale: self.lora_scale,
            hf_api_token: self.hf_api_token,
            aspect_ratio: self.aspect_ratio,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> PImageEditLoraBuilder<PromptState> {
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
    /// LoRA to apply, as trained by `p-image-edit-trainer`: a Hugging Face repository written `huggingface.co/owner/name`, with `/` and the name of the weight file after it.
    pub fn lora_weights(mut self, lora_weights: impl Into<String>) -> Self {
        self.lora_weights = Some(lora_weights.into());
        self
    }
    /// Weight of the LoRA in `lora_weights`: 0 leaves it out, 1 is as trained, negative values push away from it.
    pub fn lora_scale(mut self, lora_scale: impl Into<f64>) -> Self {
        self.lora_scale = Some(lora_scale.into());
        self
    }
    /// Access token of a Hugging Face account, needed only when the repository named in `lora_weights` is private or gated.
    pub fn hf_api_token(mut self, hf_api_token: impl Into<Secret>) -> Self {
        self.hf_api_token = Some(hf_api_token.into());
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
impl PImageEditLoraBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> PImageEditLora {
        PImageEditLora {
            prompt: self.prompt,
            images: self.images,
            turbo: self.turbo,
            lora_weights: self.lora_weights,
            lora_scale: self.lora_scale,
            hf_api_token: self.hf_api_token,
            aspect_ratio: self.aspect_ratio,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
