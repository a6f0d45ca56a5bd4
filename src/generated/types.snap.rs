// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

for_types! {
    FluxDev FluxDevLora Flux2Klein4b WanI2v WanT2v WanImageSmall QwenImage QwenImageFast
    QwenImageEditPlus Vace PImage PImageEdit PImageLora PImageEditLora ZImageTurbo
    ZImageTurboLora PImageTrainer PImageEditTrainer
}
