// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Trains a LoRA for `p-image-lora` from a set of pictures. The result is a zip archive with the weights, which has to be put on Hugging Face; the address of that repository is then what `lora_weights` takes. Asynchronous only. Rate limit: 5 requests per minute.
///
/// Input of the model `p-image-trainer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PImageTrainer {
    /// Address of a flat zip archive with ten pictures or more (jpg, png or webp) that have something in common. A text file of the same name beside a picture, as `cat.txt` beside `cat.jpg`, is its caption.
    pub image_data: Media,
    /// Number of training steps, in full hundreds such as 1500. Price and duration grow in proportion.
    ///
    /// Default: `1000`. From 100 to 5000. A multiple of 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<i64>,
    /// Step width of the optimiser. Larger values learn sooner and overshoot more easily.
    ///
    /// Default: `0.0001`. From 0.00001 to 0.01.
    #[serde(serialize_with = "number")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// What the LoRA should pick up: the subject, the manner, or something of both.
    ///
    /// Default: `balanced`. One of `content`, `style`, `balanced`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_type: Option<PImageTrainerTrainingType>,
    /// Caption for every picture that comes without one of its own. Needed as soon as a single caption is missing; the training fails otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_caption: Option<String>,
    /// Parameters that this type does not know; sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}
impl PImageTrainer {
    /// With what the model requires; everything else is left to the service.
    #[must_use]
    pub fn new(image_data: impl Into<Media>) -> Self {
        Self::builder().image_data(image_data).build()
    }
    /// Starts a builder, which is finished by `build` once what the model requires is set.
    ///
    /// Without `image_data` it does not compile:
    ///
    /// ```compile_fail,E0599
    /// let input = pruna::inputs::PImageTrainer::builder().build();
    /// ```
    pub fn builder() -> PImageTrainerBuilder {
        PImageTrainerBuilder {
            image_data: Unset,
            steps: None,
            learning_rate: None,
            training_type: None,
            default_caption: None,
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
impl Input for PImageTrainer {
    fn model(&self) -> Model {
        Model::P_IMAGE_TRAINER
    }
}
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for PImageTrainer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        stringify!(PImageTrainer).into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::of_model(&Model::P_IMAGE_TRAINER)
    }
}
/// Builder of [`PImageTrainer`]. Each parameter's meaning is told there.
#[derive(Clone, Debug)]
#[must_use]
pub struct PImageTrainerBuilder<ImageDataState = Unset> {
    image_data: ImageDataState,
    steps: Option<i64>,
    learning_rate: Option<f64>,
    training_type: Option<PImageTrainerTrainingType>,
    default_caption: Option<String>,
    extra: Extra,
}
impl PImageTrainerBuilder<Unset> {
    /// Address of a flat zip archive with ten pictures or more (jpg, png or webp) that have something in common.
    pub fn image_data(
        self,
        image_data: impl Into<Media>,
    ) -> PImageTrainerBuilder<Media> {
        PImageTrainerBuilder {
            image_data: image_data.into(),
            steps: self.steps,
            learning_rate: self.learning_rate,
            training_type: self.training_type,
            default_caption: self.default_caption,
            extra: self.extra,
        }
    }
}
impl<ImageDataState> PImageTrainerBuilder<ImageDataState> {
    /// Number of training steps, in full hundreds such as 1500.
    pub fn steps(mut self, steps: i64) -> Self {
        self.steps = Some(steps);
        self
    }
    /// Step width of the optimiser.
    pub fn learning_rate(mut self, learning_rate: impl Into<f64>) -> Self {
        self.learning_rate = Some(learning_rate.into());
        self
    }
    /// What the LoRA should pick up: the subject, the manner, or something of both.
    pub fn training_type(
        mut self,
        training_type: impl Into<PImageTrainerTrainingType>,
    ) -> Self {
        self.training_type = Some(training_type.into());
        self
    }
    /// Caption for every picture that comes without one of its own.
    pub fn default_caption(mut self, default_caption: impl Into<String>) -> Self {
        self.default_caption = Some(default_caption.into());
        self
    }
    /// Sets a parameter that the type does not know.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}
impl PImageTrainerBuilder<Media> {
    /// The finished input.
    #[must_use]
    pub fn build(self) -> PImageTrainer {
        PImageTrainer {
            image_data: self.image_data,
            steps: self.steps,
            learning_rate: self.learning_rate,
            training_type: self.training_type,
            default_caption: self.default_caption,
            extra: self.extra,
        }
    }
}
