// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

/// Values of the parameter `aspect_ratio` of `flux-dev`, `flux-dev-lora`, `flux-2-klein-4b`, `wan-t2v`, `wan-image-small`, `qwen-image`, `qwen-image-fast`, `qwen-image-edit-plus`, `p-image`, `p-image-edit`, `p-image-lora`, `p-image-edit-lora`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AspectRatio(std::borrow::Cow<'static, str>);
impl AspectRatio {
    /// `1:1`
    pub const R1_1: Self = Self(std::borrow::Cow::Borrowed("1:1"));
    /// `16:9`
    pub const R16_9: Self = Self(std::borrow::Cow::Borrowed("16:9"));
    /// `21:9`
    pub const R21_9: Self = Self(std::borrow::Cow::Borrowed("21:9"));
    /// `3:2`
    pub const R3_2: Self = Self(std::borrow::Cow::Borrowed("3:2"));
    /// `2:3`
    pub const R2_3: Self = Self(std::borrow::Cow::Borrowed("2:3"));
    /// `4:5`
    pub const R4_5: Self = Self(std::borrow::Cow::Borrowed("4:5"));
    /// `5:4`
    pub const R5_4: Self = Self(std::borrow::Cow::Borrowed("5:4"));
    /// `3:4`
    pub const R3_4: Self = Self(std::borrow::Cow::Borrowed("3:4"));
    /// `4:3`
    pub const R4_3: Self = Self(std::borrow::Cow::Borrowed("4:3"));
    /// `9:16`
    pub const R9_16: Self = Self(std::borrow::Cow::Borrowed("9:16"));
    /// `9:21`
    pub const R9_21: Self = Self(std::borrow::Cow::Borrowed("9:21"));
    /// `match_input_image`
    pub const MATCH_INPUT_IMAGE: Self = Self(
        std::borrow::Cow::Borrowed("match_input_image"),
    );
    /// `custom`
    pub const CUSTOM: Self = Self(std::borrow::Cow::Borrowed("custom"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::R1_1,
        Self::R16_9,
        Self::R21_9,
        Self::R3_2,
        Self::R2_3,
        Self::R4_5,
        Self::R5_4,
        Self::R3_4,
        Self::R4_3,
        Self::R9_16,
        Self::R9_21,
        Self::MATCH_INPUT_IMAGE,
        Self::CUSTOM,
    ];
}
crate::vocabulary::open_enum!(AspectRatio);
/// Values of the parameter `output_megapixels` of `flux-2-klein-4b`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flux2Klein4bOutputMegapixels(std::borrow::Cow<'static, str>);
impl Flux2Klein4bOutputMegapixels {
    /// `0.25`
    pub const M0_25: Self = Self(std::borrow::Cow::Borrowed("0.25"));
    /// `0.5`
    pub const M0_5: Self = Self(std::borrow::Cow::Borrowed("0.5"));
    /// `1`
    pub const M1: Self = Self(std::borrow::Cow::Borrowed("1"));
    /// `2`
    pub const M2: Self = Self(std::borrow::Cow::Borrowed("2"));
    /// `4`
    pub const M4: Self = Self(std::borrow::Cow::Borrowed("4"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::M0_25,
        Self::M0_5,
        Self::M1,
        Self::M2,
        Self::M4,
    ];
}
crate::vocabulary::open_enum!(Flux2Klein4bOutputMegapixels);
/// Values of the parameter `megapixels` of `flux-dev-lora`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FluxDevLoraMegapixels(std::borrow::Cow<'static, str>);
impl FluxDevLoraMegapixels {
    /// `1`
    pub const M1: Self = Self(std::borrow::Cow::Borrowed("1"));
    /// `0.25`
    pub const M0_25: Self = Self(std::borrow::Cow::Borrowed("0.25"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[Self::M1, Self::M0_25];
}
crate::vocabulary::open_enum!(FluxDevLoraMegapixels);
/// Values of the parameter `speed_mode` of `flux-dev-lora`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FluxDevLoraSpeedMode(std::borrow::Cow<'static, str>);
impl FluxDevLoraSpeedMode {
    /// `Base Model (compiled)`
    pub const BASE_MODEL: Self = Self(
        std::borrow::Cow::Borrowed("Base Model (compiled)"),
    );
    /// `Lightly Juiced 🍊`
    pub const LIGHTLY_JUICED: Self = Self(
        std::borrow::Cow::Borrowed("Lightly Juiced 🍊"),
    );
    /// `Juiced 🧃`
    pub const JUICED: Self = Self(std::borrow::Cow::Borrowed("Juiced 🧃"));
    /// `Extra Juiced 🔥`
    pub const EXTRA_JUICED: Self = Self(std::borrow::Cow::Borrowed("Extra Juiced 🔥"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::BASE_MODEL,
        Self::LIGHTLY_JUICED,
        Self::JUICED,
        Self::EXTRA_JUICED,
    ];
}
crate::vocabulary::open_enum!(FluxDevLoraSpeedMode);
/// Values of the parameter `speed_mode` of `flux-dev`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FluxDevSpeedMode(std::borrow::Cow<'static, str>);
impl FluxDevSpeedMode {
    /// `Lightly Juiced 🍊 (more consistent)`
    pub const LIGHTLY_JUICED: Self = Self(
        std::borrow::Cow::Borrowed("Lightly Juiced 🍊 (more consistent)"),
    );
    /// `Juiced 🔥 (default)`
    pub const JUICED: Self = Self(std::borrow::Cow::Borrowed("Juiced 🔥 (default)"));
    /// `Extra Juiced 🔥 (more speed)`
    pub const EXTRA_JUICED: Self = Self(
        std::borrow::Cow::Borrowed("Extra Juiced 🔥 (more speed)"),
    );
    /// `Blink of an eye 👁️`
    pub const BLINK_OF_AN_EYE: Self = Self(
        std::borrow::Cow::Borrowed("Blink of an eye 👁\u{fe0f}"),
    );
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::LIGHTLY_JUICED,
        Self::JUICED,
        Self::EXTRA_JUICED,
        Self::BLINK_OF_AN_EYE,
    ];
}
crate::vocabulary::open_enum!(FluxDevSpeedMode);
/// Values of the parameter `output_format` of `flux-dev`, `flux-dev-lora`, `flux-2-klein-4b`, `wan-image-small`, `qwen-image`, `qwen-image-edit-plus`, `z-image-turbo`, `z-image-turbo-lora`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutputFormat(std::borrow::Cow<'static, str>);
impl OutputFormat {
    /// `png`
    pub const PNG: Self = Self(std::borrow::Cow::Borrowed("png"));
    /// `jpg`
    pub const JPG: Self = Self(std::borrow::Cow::Borrowed("jpg"));
    /// `webp`
    pub const WEBP: Self = Self(std::borrow::Cow::Borrowed("webp"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[Self::PNG, Self::JPG, Self::WEBP];
}
crate::vocabulary::open_enum!(OutputFormat);
/// Values of the parameter `training_type` of `p-image-trainer`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PImageTrainerTrainingType(std::borrow::Cow<'static, str>);
impl PImageTrainerTrainingType {
    /// `content`
    pub const CONTENT: Self = Self(std::borrow::Cow::Borrowed("content"));
    /// `style`
    pub const STYLE: Self = Self(std::borrow::Cow::Borrowed("style"));
    /// `balanced`
    pub const BALANCED: Self = Self(std::borrow::Cow::Borrowed("balanced"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[Self::CONTENT, Self::STYLE, Self::BALANCED];
}
crate::vocabulary::open_enum!(PImageTrainerTrainingType);
/// Values of the parameter `image_size` of `qwen-image`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QwenImageImageSize(std::borrow::Cow<'static, str>);
impl QwenImageImageSize {
    /// `optimize_for_quality`
    pub const OPTIMIZE_FOR_QUALITY: Self = Self(
        std::borrow::Cow::Borrowed("optimize_for_quality"),
    );
    /// `optimize_for_speed`
    pub const OPTIMIZE_FOR_SPEED: Self = Self(
        std::borrow::Cow::Borrowed("optimize_for_speed"),
    );
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::OPTIMIZE_FOR_QUALITY,
        Self::OPTIMIZE_FOR_SPEED,
    ];
}
crate::vocabulary::open_enum!(QwenImageImageSize);
/// Values of the parameter `resolution` of `wan-i2v`, `wan-t2v`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resolution(std::borrow::Cow<'static, str>);
impl Resolution {
    /// `480p`
    pub const R480P: Self = Self(std::borrow::Cow::Borrowed("480p"));
    /// `720p`
    pub const R720P: Self = Self(std::borrow::Cow::Borrowed("720p"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[Self::R480P, Self::R720P];
}
crate::vocabulary::open_enum!(Resolution);
/// Values of the parameter `sample_solver` of `vace`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VaceSampleSolver(std::borrow::Cow<'static, str>);
impl VaceSampleSolver {
    /// `unipc`
    pub const UNIPC: Self = Self(std::borrow::Cow::Borrowed("unipc"));
    /// `dpm++`
    pub const DPM_PLUS_PLUS: Self = Self(std::borrow::Cow::Borrowed("dpm++"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[Self::UNIPC, Self::DPM_PLUS_PLUS];
}
crate::vocabulary::open_enum!(VaceSampleSolver);
/// Values of the parameter `size` of `vace`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VaceSize(std::borrow::Cow<'static, str>);
impl VaceSize {
    /// `720*1280`
    pub const S720X1280: Self = Self(std::borrow::Cow::Borrowed("720*1280"));
    /// `1280*720`
    pub const S1280X720: Self = Self(std::borrow::Cow::Borrowed("1280*720"));
    /// `480*832`
    pub const S480X832: Self = Self(std::borrow::Cow::Borrowed("480*832"));
    /// `832*480`
    pub const S832X480: Self = Self(std::borrow::Cow::Borrowed("832*480"));
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::S720X1280,
        Self::S1280X720,
        Self::S480X832,
        Self::S832X480,
    ];
}
crate::vocabulary::open_enum!(VaceSize);
/// Values of the parameter `speed_mode` of `vace`.
///
/// Open: any other text is kept, printed and sent as it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VaceSpeedMode(std::borrow::Cow<'static, str>);
impl VaceSpeedMode {
    /// `Lightly Juiced 🍊 (more consistent)`
    pub const LIGHTLY_JUICED: Self = Self(
        std::borrow::Cow::Borrowed("Lightly Juiced 🍊 (more consistent)"),
    );
    /// `Juiced 🔥 (more speed)`
    pub const JUICED: Self = Self(
        std::borrow::Cow::Borrowed("Juiced 🔥 (more speed)"),
    );
    /// `Extra Juiced 🚀 (even more speed)`
    pub const EXTRA_JUICED: Self = Self(
        std::borrow::Cow::Borrowed("Extra Juiced 🚀 (even more speed)"),
    );
    /// Every value that the document lists, in its order.
    pub const KNOWN: &'static [Self] = &[
        Self::LIGHTLY_JUICED,
        Self::JUICED,
        Self::EXTRA_JUICED,
    ];
}
crate::vocabulary::open_enum!(VaceSpeedMode);
