// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

open_enum! {
    /// Values of the parameter `aspect_ratio` of `flux-dev`, `flux-dev-lora`, `flux-2-klein-4b`, `wan-t2v`, `wan-image-small`, `qwen-image`, `qwen-image-fast`, `qwen-image-edit-plus`, `p-image`, `p-image-edit`, `p-image-lora`, `p-image-edit-lora`.
    AspectRatio {
        R1_1 = "1:1",
        R16_9 = "16:9",
        R21_9 = "21:9",
        R3_2 = "3:2",
        R2_3 = "2:3",
        R4_5 = "4:5",
        R5_4 = "5:4",
        R3_4 = "3:4",
        R4_3 = "4:3",
        R9_16 = "9:16",
        R9_21 = "9:21",
        MATCH_INPUT_IMAGE = "match_input_image",
        CUSTOM = "custom",
    }
}

open_enum! {
    /// Values of the parameter `output_megapixels` of `flux-2-klein-4b`.
    Flux2Klein4bOutputMegapixels {
        M0_25 = "0.25",
        M0_5 = "0.5",
        M1 = "1",
        M2 = "2",
        M4 = "4",
    }
}

open_enum! {
    /// Values of the parameter `megapixels` of `flux-dev-lora`.
    FluxDevLoraMegapixels {
        M1 = "1",
        M0_25 = "0.25",
    }
}

open_enum! {
    /// Values of the parameter `speed_mode` of `flux-dev-lora`.
    FluxDevLoraSpeedMode {
        BASE_MODEL = "Base Model (compiled)",
        LIGHTLY_JUICED = "Lightly Juiced 🍊",
        JUICED = "Juiced 🧃",
        EXTRA_JUICED = "Extra Juiced 🔥",
    }
}

open_enum! {
    /// Values of the parameter `speed_mode` of `flux-dev`.
    FluxDevSpeedMode {
        LIGHTLY_JUICED = "Lightly Juiced 🍊 (more consistent)",
        JUICED = "Juiced 🔥 (default)",
        EXTRA_JUICED = "Extra Juiced 🔥 (more speed)",
        BLINK_OF_AN_EYE = "Blink of an eye 👁\u{fe0f}",
    }
}

open_enum! {
    /// Values of the parameter `output_format` of `flux-dev`, `flux-dev-lora`, `flux-2-klein-4b`, `wan-image-small`, `qwen-image`, `qwen-image-edit-plus`, `z-image-turbo`, `z-image-turbo-lora`.
    OutputFormat {
        PNG = "png",
        JPG = "jpg",
        WEBP = "webp",
    }
}

open_enum! {
    /// Values of the parameter `training_type` of `p-image-trainer`.
    PImageTrainerTrainingType {
        CONTENT = "content",
        STYLE = "style",
        BALANCED = "balanced",
    }
}

open_enum! {
    /// Values of the parameter `image_size` of `qwen-image`.
    QwenImageImageSize {
        OPTIMIZE_FOR_QUALITY = "optimize_for_quality",
        OPTIMIZE_FOR_SPEED = "optimize_for_speed",
    }
}

open_enum! {
    /// Values of the parameter `resolution` of `wan-i2v`, `wan-t2v`.
    Resolution {
        R480P = "480p",
        R720P = "720p",
    }
}

open_enum! {
    /// Values of the parameter `sample_solver` of `vace`.
    VaceSampleSolver {
        UNIPC = "unipc",
        DPM_PLUS_PLUS = "dpm++",
    }
}

open_enum! {
    /// Values of the parameter `size` of `vace`.
    VaceSize {
        S720X1280 = "720*1280",
        S1280X720 = "1280*720",
        S480X832 = "480*832",
        S832X480 = "832*480",
    }
}

open_enum! {
    /// Values of the parameter `speed_mode` of `vace`.
    VaceSpeedMode {
        LIGHTLY_JUICED = "Lightly Juiced 🍊 (more consistent)",
        JUICED = "Juiced 🔥 (more speed)",
        EXTRA_JUICED = "Extra Juiced 🚀 (even more speed)",
    }
}
