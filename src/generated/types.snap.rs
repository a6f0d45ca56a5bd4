// Made from the document in openapi/ by `cargo xtask regenerate`; changes made here are lost.

for_types! {
    FluxDev FluxDevLora Flux2Klein4b WanI2v WanT2v WanImageSmall QwenImage QwenImageFast
    QwenImageEditPlus Vace PImage PImageEdit PImageLora PImageEditLora ZImageTurbo
    ZImageTurboLora PImageTrainer PImageEditTrainer
}
