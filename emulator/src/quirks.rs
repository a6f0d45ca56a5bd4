//! Models whose responses differ from the OpenAPI document: one table, each line with its source.
//! A model without a line behaves as documented: one absolute URL as a string.

/// How a model writes `generation_url`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlShape {
    /// A string; of several files only the first.
    Text,
    /// Always an array of strings.
    Array,
    /// An array if there are several files.
    ArrayWhenSeveral,
}

/// Deviations of one model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quirks {
    /// Shape of `generation_url`.
    pub(crate) url_shape: UrlShape,
    /// Whether `generation_url` is a path without scheme and host.
    pub(crate) relative_url: bool,
    /// Whether the model ignores `Try-Sync`.
    pub(crate) ignores_try_sync: bool,
}

const DOCUMENTED: Quirks =
    Quirks { url_shape: UrlShape::ArrayWhenSeveral, relative_url: false, ignores_try_sync: false };

const TABLE: &[(&str, Quirks)] = &[
    // Array: reported by several clients. Relative: the model's guide.
    ("flux-2-klein-4b", Quirks { url_shape: UrlShape::Array, relative_url: true, ..DOCUMENTED }),
    // Relative: the model's guide.
    ("p-image-pro", Quirks { url_shape: UrlShape::Text, relative_url: true, ..DOCUMENTED }),
    // Array when num_outputs is above one: reported by several clients.
    ("wan-image-small", DOCUMENTED),
    // Answered Try-Sync without waiting on the live service.
    ("p-image-try-on", Quirks { ignores_try_sync: true, ..DOCUMENTED }),
];

impl Quirks {
    /// Returns the deviations of `model`.
    pub(crate) fn of(model: &str) -> Self {
        TABLE.iter().find(|(id, _)| *id == model).map_or(DOCUMENTED, |(_, quirks)| *quirks)
    }
}
