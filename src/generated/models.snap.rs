// Generated from openapi/ by `cargo xtask regenerate`; do not edit.

impl Model {
    /// `flux-dev`. Text-to-image with the FLUX.1 dev model, compressed by Pruna to several grades of speed. One picture per run. Rate limit: 150 requests per minute.
    pub const FLUX_DEV: Self = Self::from_static("flux-dev");
    /// `flux-dev-lora`. Text-to-image with the FLUX.1 dev model and up to two LoRAs of one's own; given a picture to start from, it works image-to-image. Rate limit: 150 requests per minute.
    pub const FLUX_DEV_LORA: Self = Self::from_static("flux-dev-lora");
    /// `flux-2-klein-4b`. Light and quick text-to-image with FLUX.2 klein (4 billion parameters), which also takes reference pictures. The result has been seen as a list of addresses. Rate limit: 150 requests per minute.
    pub const FLUX_2_KLEIN_4B: Self = Self::from_static("flux-2-klein-4b");
    /// `wan-i2v`. Image-to-video with Wan: a still picture is set in motion as the prompt says. One mp4 per run. Rate limit: 30 requests per minute.
    pub const WAN_I2V: Self = Self::from_static("wan-i2v");
    /// `wan-t2v`. Text-to-video with Wan: a few seconds of moving picture from a prompt alone. One mp4 per run. Rate limit: 30 requests per minute.
    pub const WAN_T2V: Self = Self::from_static("wan-t2v");
    /// `wan-image-small`. Quick text-to-image with a small Wan model; it makes still pictures only, up to four per run. Rate limit: 150 requests per minute.
    pub const WAN_IMAGE_SMALL: Self = Self::from_static("wan-image-small");
    /// `qwen-image`. Text-to-image with Qwen-Image; given a picture to start from, it works image-to-image. LoRAs can be added. Rate limit: 150 requests per minute.
    pub const QWEN_IMAGE: Self = Self::from_static("qwen-image");
    /// `qwen-image-fast`. Text-to-image with Qwen-Image cut down for speed: fewer settings, shorter runs. Rate limit: 150 requests per minute.
    pub const QWEN_IMAGE_FAST: Self = Self::from_static("qwen-image-fast");
    /// `qwen-image-edit-plus`. Edits one or two pictures as an instruction says, with Qwen-Image-Edit. Here `image` is a list. Rate limit: 150 requests per minute.
    pub const QWEN_IMAGE_EDIT_PLUS: Self = Self::from_static("qwen-image-edit-plus");
    /// `vace`. Makes and edits video with VACE (14 billion parameters): from text, from reference pictures, or by repainting the masked part of a clip. A run takes several minutes. Rate limit: 30 requests per minute.
    pub const VACE: Self = Self::from_static("vace");
    /// `p-image`. Pruna's own text-to-image model: about a second per picture, with a second pass of refinement, any of the usual shapes or a size of one's own. Rate limit: 500 requests per minute.
    pub const P_IMAGE: Self = Self::from_static("p-image");
    /// `p-image-edit`. Pruna's own editing model: changes one to five pictures, or puts them together, as an instruction says. Rate limit: 500 requests per minute.
    pub const P_IMAGE_EDIT: Self = Self::from_static("p-image-edit");
    /// `p-image-lora`. The text-to-image model `p-image` with a LoRA from `p-image-trainer`; both take the same input. Rate limit: 500 requests per minute.
    pub const P_IMAGE_LORA: Self = Self::from_static("p-image-lora");
    /// `p-image-edit-lora`. The editing model `p-image-edit` with a LoRA from `p-image-edit-trainer`. Rate limit: 500 requests per minute.
    pub const P_IMAGE_EDIT_LORA: Self = Self::from_static("p-image-edit-lora");
    /// `z-image-turbo`. Very quick text-to-image with Z-Image Turbo, in sizes given in pixels. Rate limit: 150 requests per minute.
    pub const Z_IMAGE_TURBO: Self = Self::from_static("z-image-turbo");
    /// `z-image-turbo-lora`. Z-Image Turbo with one or more LoRAs of one's own. Rate limit: 150 requests per minute.
    pub const Z_IMAGE_TURBO_LORA: Self = Self::from_static("z-image-turbo-lora");
    /// `p-image-trainer`. Trains a LoRA for `p-image-lora` from a set of pictures. The result is a zip archive with the weights, which has to be put on Hugging Face; the address of that repository is then what `lora_weights` takes. Asynchronous only. Rate limit: 5 requests per minute.
    pub const P_IMAGE_TRAINER: Self = Self::from_static("p-image-trainer");
    /// `p-image-edit-trainer`. Trains a LoRA for `p-image-edit-lora` from pairs of pictures, before and after. The result is a zip archive with the weights, which has to be put on Hugging Face; the address of that repository is then what `lora_weights` takes. Asynchronous only. Rate limit: 5 requests per minute.
    pub const P_IMAGE_EDIT_TRAINER: Self = Self::from_static("p-image-edit-trainer");
}
