// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Text-to-image with Qwen-Image; given a picture to start from, it works image-to-image. LoRAs can be added. Rate limit: 150 requests per minute.
///
/// Input of the model `qwen-image`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QwenImage {
    /// What the picture should show, in plain language.
    pub prompt: String,
    /// Address of a picture to start from; `strength` says how much of it may be repainted. LoRAs have no effect on such a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Media>,
    /// How much of `image` is repainted: near 0 it is hardly touched, at 1 nothing of it survives. Without effect when there is no `image`.
    ///
    /// Default: `0.9`. From 0 to 1.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<f64>,
    /// How strictly the picture follows the prompt. Small values look more natural; between 2 and 3.5 is a good place to try.
    ///
    /// Default: `3`. From 0 to 10.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<f64>,
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    ///
    /// Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_fast: Option<bool>,
    /// Whether the number of pixels is chosen for the look of the picture or for a short run.
    ///
    /// Default: `optimize_for_quality`. One of `optimize_for_quality`, `optimize_for_speed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_size: Option<QwenImageImageSize>,
    /// LoRA to apply: address of a `.safetensors` file, or of a tar or zip archive holding one, on any public host. Used for text-to-image only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_weights: Option<String>,
    /// Weight of the LoRA in `lora_weights`: 1 is as trained, 0 is off.
    ///
    /// Default: `1`.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora_scale: Option<f64>,
    /// Addresses of further LoRAs, of the same kinds as `lora_weights`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_lora_weights: Option<Vec<String>>,
    /// Weights of the further LoRAs, one number for each entry of `extra_lora_weights`.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_lora_scale: Option<Vec<f64>>,
    /// Shape of the picture, width to height.
    ///
    /// Default: `16:9`. One of `1:1`, `16:9`, `9:16`, `4:3`, `3:4`, `3:2`, `2:3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<AspectRatio>,
    /// File format in which the picture is delivered.
    ///
    /// Default: `webp`. One of `webp`, `jpg`, `png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<OutputFormat>,
    /// Compression quality: more means a better picture and a larger file. Without effect on `png`, which loses nothing.
    ///
    /// Default: `80`. From 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_quality: Option<i64>,
    /// Enriches the prompt with wording that tends to make better pictures.
    ///
    /// Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhance_prompt: Option<bool>,
    /// What should not appear in the picture. A single space stands for nothing.
    ///
    /// Default: `" "`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative_prompt: Option<String>,
    /// Number of denoising steps. Fewer make a rougher picture sooner; the best results start at about 28.
    ///
    /// Default: `30`. From 1 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_inference_steps: Option<i64>,
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
impl QwenImage {
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
    /// let input = pruna::inputs::QwenImage::builder().build();
    /// ```
    pub fn builder() -> QwenImageBuilder {
        QwenImageBuilder {
            prompt: Unset,
            image: None,
            strength: None,
            guidance: None,
            go_fast: None,
            image_size: None,
            lora_weights: None,
            lora_scale: None,
            extra_lora_weights: None,
            extra_lora_scale: None,
            aspect_ratio: None,
            output_format: None,
            output_quality: None,
            enhance_prompt: None,
            negative_prompt: None,
            num_inference_steps: None,
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
impl Input for QwenImage {
    fn model(&self) -> Model {
        Model::QWEN_IMAGE
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for QwenImage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(QwenImage).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::QWEN_IMAGE)
    }
}
/// Builder of [`QwenImage`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct QwenImageBuilder<PromptState = Unset> {
    prompt: PromptState,
    image: Option<Media>,
    strength: Option<f64>,
    guidance: Option<f64>,
    go_fast: Option<bool>,
    image_size: Option<QwenImageImageSize>,
    lora_weights: Option<String>,
    lora_scale: Option<f64>,
    extra_lora_weights: Option<Vec<String>>,
    extra_lora_scale: Option<Vec<f64>>,
    aspect_ratio: Option<AspectRatio>,
    output_format: Option<OutputFormat>,
    output_quality: Option<i64>,
    enhance_prompt: Option<bool>,
    negative_prompt: Option<String>,
    num_inference_steps: Option<i64>,
    disable_safety_checker: Option<bool>,
    seed: Option<i64>,
    extra: Extra,
}
impl QwenImageBuilder<Unset> {
    /// What the picture should show, in plain language.
    pub fn prompt(self, prompt: impl Into<String>) -> QwenImageBuilder<String> {
        QwenImageBuilder {
            prompt: prompt.into(),
            image: self.image,
            strength: self.strength,
            guidance: self.guidance,
            go_fast: self.go_fast,
            image_size: self.image_size,
            lora_weights: self.lora_weights,
            lora_scale: self.lora_scale,
            extra_lora_weights: self.extra_lora_weights,
            extra_lora_scale: self.extra_lora_scale,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            enhance_prompt: self.enhance_prompt,
            negative_prompt: self.negative_prompt,
            num_inference_steps: self.num_inference_steps,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
impl<PromptState> QwenImageBuilder<PromptState> {
    /// Address of a picture to start from; `strength` says how much of it may be repainted.
    pub fn image(mut self, image: impl Into<Media>) -> Self {
        self.image = Some(image.into());
        self
    }
    /// How much of `image` is repainted: near 0 it is hardly touched, at 1 nothing of it survives.
    pub fn strength(mut self, strength: impl Into<f64>) -> Self {
        self.strength = Some(strength.into());
        self
    }
    /// How strictly the picture follows the prompt.
    pub fn guidance(mut self, guidance: impl Into<f64>) -> Self {
        self.guidance = Some(guidance.into());
        self
    }
    /// Applies further optimisations that shorten the run at some cost in fidelity.
    pub fn go_fast(mut self, go_fast: bool) -> Self {
        self.go_fast = Some(go_fast);
        self
    }
    /// Whether the number of pixels is chosen for the look of the picture or for a short run.
    pub fn image_size(mut self, image_size: impl Into<QwenImageImageSize>) -> Self {
        self.image_size = Some(image_size.into());
        self
    }
    /// LoRA to apply: address of a `.safetensors` file, or of a tar or zip archive holding one, on any public host.
    pub fn lora_weights(mut self, lora_weights: impl Into<String>) -> Self {
        self.lora_weights = Some(lora_weights.into());
        self
    }
    /// Weight of the LoRA in `lora_weights`: 1 is as trained, 0 is off.
    pub fn lora_scale(mut self, lora_scale: impl Into<f64>) -> Self {
        self.lora_scale = Some(lora_scale.into());
        self
    }
    /// Addresses of further LoRAs, of the same kinds as `lora_weights`.
    pub fn extra_lora_weights(
        mut self,
        extra_lora_weights: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.extra_lora_weights = Some(
            extra_lora_weights.into_iter().map(Into::into).collect(),
        );
        self
    }
    /// Weights of the further LoRAs, one number for each entry of `extra_lora_weights`.
    pub fn extra_lora_scale(
        mut self,
        extra_lora_scale: impl IntoIterator<Item = impl Into<f64>>,
    ) -> Self {
        self.extra_lora_scale = Some(
            extra_lora_scale.into_iter().map(Into::into).collect(),
        );
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
    /// Enriches the prompt with wording that tends to make better pictures.
    pub fn enhance_prompt(mut self, enhance_prompt: bool) -> Self {
        self.enhance_prompt = Some(enhance_prompt);
        self
    }
    /// What should not appear in the picture.
    pub fn negative_prompt(mut self, negative_prompt: impl Into<String>) -> Self {
        self.negative_prompt = Some(negative_prompt.into());
        self
    }
    /// Number of denoising steps.
    pub fn num_inference_steps(mut self, num_inference_steps: i64) -> Self {
        self.num_inference_steps = Some(num_inference_steps);
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
impl QwenImageBuilder<String> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> QwenImage {
        QwenImage {
            prompt: self.prompt,
            image: self.image,
            strength: self.strength,
            guidance: self.guidance,
            go_fast: self.go_fast,
            image_size: self.image_size,
            lora_weights: self.lora_weights,
            lora_scale: self.lora_scale,
            extra_lora_weights: self.extra_lora_weights,
            extra_lora_scale: self.extra_lora_scale,
            aspect_ratio: self.aspect_ratio,
            output_format: self.output_format,
            output_quality: self.output_quality,
            enhance_prompt: self.enhance_prompt,
            negative_prompt: self.negative_prompt,
            num_inference_steps: self.num_inference_steps,
            disable_safety_checker: self.disable_safety_checker,
            seed: self.seed,
            extra: self.extra,
        }
    }
}
