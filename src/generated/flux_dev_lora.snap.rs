// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Text-to-image with the FLUX.1 dev model and up to two LoRAs of one's own; given a picture to start from, it works image-to-image. Rate limit: 150 requests per minute.
///
/// Input of the model `flux-dev-lora`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FluxDevLora {
    /// What the picture should show. Include the trigger words of the LoRA, if it has any.
    pub prompt: String,
    /// LoRA to load from Hugging Face, written `owner/name`, or `owner/name/file.safetensors` to pick one file of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora: Option<String>,
    /// Second LoRA, applied on top of `lora` and written in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_lora: Option<String>,
    /// Weight of `lora`: 0 leaves it out, 1 is as trained, negative values push away from it. The quicker speed modes can need about half as much again.
    ///
    /// Default: `1`. From -1 to 3.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_scale: Option<f64>,
    /// Weight of `extra_lora`, on the same scale as `lora_scale`.
    ///
    /// Default: `1`. From -1 to 3.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_lora_scale: Option<f64>,
    /// Address of a picture to start from. The result takes over its shape, and `prompt_strength` says how much of it may be repainted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Media>,
    /// How strictly the picture follows the prompt. Small values leave the model more freedom, large ones bind it to the words.
    ///
    /// Default: `3`. From 0 to 10.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<f64>,
    /// Approximate area of the picture in megapixels. The number is sent as a string.
    ///
    /// Default: `1`. One of `1`, `0.25`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub megapixels: Option<FluxDevLoraMegapixels>,
    /// How hard the model is optimised, from the plain compiled model to the quickest. The value is compared byte for byte, emoji included.
    ///
    /// Default: `Juiced 🧃`. One of `Base Model (compiled)`, `Lightly Juiced 🍊`, `Juiced 🧃`, `Extra Juiced 🔥`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mode: Option<FluxDevLoraSpeedMode>,
    /// How many pictures to make from the one prompt. With more than one the result can be a list of addresses.
    ///
    /// Default: `1`. From 1 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_outputs: Option<i64>,
    /// Shape of the picture, width to height. Superseded by the shape of `image`, when one is given.
    ///
    /// Default: `1:1`. One of `1:1`, `16:9`, `21:9`, `3:2`, `2:3`, `4:5`, `5:4`, `3:4`, `4:3`, `9:16`, `9:21`.
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
    /// How much of `image` is repainted: near 0 it is hardly touched, at 1 nothing of it survives. Without effect when there is no `image`.
    ///
    /// Default: `0.8`. From 0 to 1.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_strength: Option<f64>,
    /// Number of denoising steps. Fewer make a rougher picture sooner; the best results start at about 28.
    ///
    /// Default: `28`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_inference_steps: Option<i64>,
    /// Start of the random sequence. Repeating it together with the rest of the input repeats the picture; left out, the service draws a new one for each run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl FluxDevLora {
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
    /// let input = pruna::inputs::FluxDevLora::builder().build();
    /// ```
    pub fn builder() -> FluxDevLoraBuilder {
        FluxDevLoraBuilder {
            prompt: Unset,
            lora: None,
            extra_lora: None,
            lora_scale: None,
            extra_lora_scale: None,
            image: None,
            guidance: None,
            megapixels: None,
            speed_mode: None,
            num_outputs: None,
            aspect_ratio: None,
            output_format: None,
            output_quality: None,
            prompt_strength: None,
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
impl Input for FluxDevLora {
    fn model(&self) -> Model {
        Model::FLUX_DEV_LORA
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for FluxDevLora {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(FluxDevLora).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::FLUX_DEV_LORA)
    }
}
/// Builder of [`FluxDevLora`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct FluxDevLoraBuilder<PromptState = Unset> {
    prompt: PromptState,
    lora: Option<String>,
    extra_lora: Option<String>,
    lora_scale: Option<f64>,
    extra_lora_scale: Option<f64>,
    image: Option<Media>,
    guidance: Option<f64>,
    megapixels: Option<FluxDevLoraMegapixels>,
    speed_mode: Option<FluxDevLoraSpeedMode>,
    num_outputs: Option<i64>,
    aspect_ratio: Option<AspectRatio>,
    output_format: Option<OutputFormat>,
    output_quality: Option<i64>,
    prompt_strength: Option<f64>,
    num_inference_steps: Option<i64>,
    seed: Option<i64>,
    extra: Extra,
}
impl FluxDevLoraBuilder<Unset> {
    /// What the picture should show.
    pub fn prompt(self, prompt: impl Into<String>) -> FluxDevLoraBuilder<String> {
        FluxDevLoraBuilder {
            prompt: prompt.into(),
            lora: self.lora,
            extra_lora: self.extra_lora,
            lora_scale: self.lora_scale,
            extra_lora_scale: self.extra_lora_scale,
            image: self.image,
            guidance: self.guidance,
            megapixels: self.megapixels,
            speed_mode: self.speed_mode,
            num_outputs: self.num_outputs,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            prompt_strength: self.prompt_strength,
            num_inference_steps: self.num_inference_steps,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> FluxDevLoraBuilder<PromptState> {
    /// LoRA to load from Hugging Face, written `owner/name`, or `owner/name/file.safetensors` to pick one file of the repository.
    pub fn lora(mut self, lora: impl Into<String>) -> Self {
        self.lora = Some(lora.into());
        self
    }
    /// Second LoRA, applied on top of `lora` and written in the same way.
    pub fn extra_lora(mut self, extra_lora: impl Into<String>) -> Self {
        self.extra_lora = Some(extra_lora.into());
        self
    }
    /// Weight of `lora`: 0 leaves it out, 1 is as trained, negative values push away from it.
    pub fn lora_scale(mut self, lora_scale: impl Into<f64>) -> Self {
        self.lora_scale = Some(lora_scale.into());
        self
    }
    /// Weight of `extra_lora`, on the same scale as `lora_scale`.
    pub fn extra_lora_scale(mut self, extra_lora_scale: impl Into<f64>) -> Self {
        self.extra_lora_scale = Some(extra_lora_scale.into());
        self
    }
    /// Address of a picture to start from.
    pub fn image(mut self, image: impl Into<Media>) -> Self {
        self.image = Some(image.into());
        self
    }
    /// How strictly the picture follows the prompt.
    pub fn guidance(mut self, guidance: impl Into<f64>) -> Self {
        self.guidance = Some(guidance.into());
        self
    }
    /// Approximate area of the picture in megapixels.
    pub fn megapixels(mut self, megapixels: impl Into<FluxDevLoraMegapixels>) -> Self {
        self.megapixels = Some(megapixels.into());
        self
    }
    /// How hard the model is optimised, from the plain compiled model to the quickest.
    pub fn speed_mode(mut self, speed_mode: impl Into<FluxDevLoraSpeedMode>) -> Self {
        self.speed_mode = Some(speed_mode.into());
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
    /// How much of `image` is repainted: near 0 it is hardly touched, at 1 nothing of it survives.
    pub fn prompt_strength(mut self, prompt_strength: impl Into<f64>) -> Self {
        self.prompt_strength = Some(prompt_strength.into());
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
impl FluxDevLoraBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> FluxDevLora {
        FluxDevLora {
            prompt: self.prompt,
            lora: self.lora,
            extra_lora: self.extra_lora,
            lora_scale: self.lora_scale,
            extra_lora_scale: self.extra_lora_scale,
            image: self.image,
            guidance: self.guidance,
            megapixels: self.megapixels,
            speed_mode: self.speed_mode,
            num_outputs: self.num_outputs,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            prompt_strength: self.prompt_strength,
            num_inference_steps: self.num_inference_steps,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
