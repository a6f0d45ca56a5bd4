// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

open_enum! {
    #[doc =
    " Values of the parameter `aspect_ratio` of `flux-dev`, `flux-dev-lora`, `flux-2-klein-4b`, `wan-t2v`, `wan-image-small`, `qwen-image`, `qwen-image-fast`, `qwen-image-edit-plus`, `p-image`, `p-image-edit`, `p-image-lora`, `p-image-edit-lora`."]
    #[doc = ""] #[doc = " Open: any other text is kept, printed and sent as it is."] pub
    struct AspectRatio { #[doc = " `1:1`"] R1_1 = "1:1", #[doc = " `16:9`"] R16_9 =
    "16:9", #[doc = " `21:9`"] R21_9 = "21:9", #[doc = " `3:2`"] R3_2 = "3:2", #[doc =
    " `2:3`"] R2_3 = "2:3", #[doc = " `4:5`"] R4_5 = "4:5", #[doc = " `5:4`"] R5_4 =
    "5:4", #[doc = " `3:4`"] R3_4 = "3:4", #[doc = " `4:3`"] R4_3 = "4:3", #[doc =
    " `9:16`"] R9_16 = "9:16", #[doc = " `9:21`"] R9_21 = "9:21", #[doc =
    " `match_input_image`"] MATCH_INPUT_IMAGE = "match_input_image", #[doc = " `custom`"]
    CUSTOM = "custom" }
}
open_enum! {
    #[doc = " Values of the parameter `output_megapixels` of `flux-2-klein-4b`."] #[doc =
    ""] #[doc = " Open: any other text is kept, printed and sent as it is."] pub struct
    Flux2Klein4bOutputMegapixels { #[doc = " `0.25`"] M0_25 = "0.25", #[doc = " `0.5`"]
    M0_5 = "0.5", #[doc = " `1`"] M1 = "1", #[doc = " `2`"] M2 = "2", #[doc = " `4`"] M4
    = "4" }
}
open_enum! {
    #[doc = " Values of the parameter `megapixels` of `flux-dev-lora`."] #[doc = ""]
    #[doc = " Open: any other text is kept, printed and sent as it is."] pub struct
    FluxDevLoraMegapixels { #[doc = " `1`"] M1 = "1", #[doc = " `0.25`"] M0_25 = "0.25" }
}
open_enum! {
    #[doc = " Values of the parameter `speed_mode` of `flux-dev-lora`."] #[doc = ""]
    #[doc = " Open: any other text is kept, printed and sent as it is."] pub struct
    FluxDevLoraSpeedMode { #[doc = " `Base Model (compiled)`"] BASE_MODEL =
    "Base Model (compiled)", #[doc = " `Lightly Juiced 🍊`"] LIGHTLY_JUICED =
    "Lightly Juiced 🍊", #[doc = " `Juiced 🧃`"] JUICED = "Juiced 🧃", #[doc =
    " `Extra Juiced 🔥`"] EXTRA_JUICED = "Extra Juiced 🔥" }
}
open_enum! {
    #[doc = " Values of the parameter `speed_mode` of `flux-dev`."] #[doc = ""] #[doc =
    " Open: any other text is kept, printed and sent as it is."] pub struct
    FluxDevSpeedMode { #[doc = " `Lightly Juiced 🍊 (more consistent)`"] LIGHTLY_JUICED
    = "Lightly Juiced 🍊 (more consistent)", #[doc = " `Juiced 🔥 (default)`"] JUICED
    = "Juiced 🔥 (default)", #[doc = " `Extra Juiced 🔥 (more speed)`"] EXTRA_JUICED
    = "Extra Juiced 🔥 (more speed)", #[doc = " `Blink of an eye 👁\u{fe0f}`"]
    BLINK_OF_AN_EYE = "Blink of an eye 👁\u{fe0f}" }
}
open_enum! {
    #[doc =
    " Values of the parameter `output_format` of `flux-dev`, `flux-dev-lora`, `flux-2-klein-4b`, `wan-image-small`, `qwen-image`, `qwen-image-edit-plus`, `z-image-turbo`, `z-image-turbo-lora`."]
    #[doc = ""] #[doc = " Open: any other text is kept, printed and sent as it is."] pub
    struct OutputFormat { #[doc = " `png`"] PNG = "png", #[doc = " `jpg`"] JPG = "jpg",
    #[doc = " `webp`"] WEBP = "webp" }
}
open_enum! {
    #[doc = " Values of the parameter `training_type` of `p-image-trainer`."] #[doc = ""]
    #[doc = " Open: any other text is kept, printed and sent as it is."] pub struct
    PImageTrainerTrainingType { #[doc = " `content`"] CONTENT = "content", #[doc =
    " `style`"] STYLE = "style", #[doc = " `balanced`"] BALANCED = "balanced" }
}
open_enum! {
    #[doc = " Values of the parameter `image_size` of `qwen-image`."] #[doc = ""] #[doc =
    " Open: any other text is kept, printed and sent as it is."] pub struct
    QwenImageImageSize { #[doc = " `optimize_for_quality`"] OPTIMIZE_FOR_QUALITY =
    "optimize_for_quality", #[doc = " `optimize_for_speed`"] OPTIMIZE_FOR_SPEED =
    "optimize_for_speed" }
}
open_enum! {
    #[doc = " Values of the parameter `resolution` of `wan-i2v`, `wan-t2v`."] #[doc = ""]
    #[doc = " Open: any other text is kept, printed and sent as it is."] pub struct
    Resolution { #[doc = " `480p`"] R480P = "480p", #[doc = " `720p`"] R720P = "720p" }
}
open_enum! {
    #[doc = " Values of the parameter `sample_solver` of `vace`."] #[doc = ""] #[doc =
    " Open: any other text is kept, printed and sent as it is."] pub struct
    VaceSampleSolver { #[doc = " `unipc`"] UNIPC = "unipc", #[doc = " `dpm++`"]
    DPM_PLUS_PLUS = "dpm++" }
}
open_enum! {
    #[doc = " Values of the parameter `size` of `vace`."] #[doc = ""] #[doc =
    " Open: any other text is kept, printed and sent as it is."] pub struct VaceSize {
    #[doc = " `720*1280`"] S720X1280 = "720*1280", #[doc = " `1280*720`"] S1280X720 =
    "1280*720", #[doc = " `480*832`"] S480X832 = "480*832", #[doc = " `832*480`"]
    S832X480 = "832*480" }
}
open_enum! {
    #[doc = " Values of the parameter `speed_mode` of `vace`."] #[doc = ""] #[doc =
    " Open: any other text is kept, printed and sent as it is."] pub struct VaceSpeedMode
    { #[doc = " `Lightly Juiced 🍊 (more consistent)`"] LIGHTLY_JUICED =
    "Lightly Juiced 🍊 (more consistent)", #[doc = " `Juiced 🔥 (more speed)`"]
    JUICED = "Juiced 🔥 (more speed)", #[doc =
    " `Extra Juiced 🚀 (even more speed)`"] EXTRA_JUICED =
    "Extra Juiced 🚀 (even more speed)" }
}
