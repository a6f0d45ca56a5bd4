// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

include!("flux_dev.snap.rs");
include!("flux_dev_lora.snap.rs");
include!("flux_2_klein_4b.snap.rs");
include!("wan_i2v.snap.rs");
include!("wan_t2v.snap.rs");
include!("wan_image_small.snap.rs");
include!("qwen_image.snap.rs");
include!("qwen_image_fast.snap.rs");
include!("qwen_image_edit_plus.snap.rs");
include!("vace.snap.rs");
include!("p_image.snap.rs");
include!("p_image_edit.snap.rs");
include!("p_image_lora.snap.rs");
include!("p_image_edit_lora.snap.rs");
include!("z_image_turbo.snap.rs");
include!("z_image_turbo_lora.snap.rs");
include!("p_image_trainer.snap.rs");
include!("p_image_edit_trainer.snap.rs");
