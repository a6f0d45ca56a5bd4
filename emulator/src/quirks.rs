//! Where single models differ on the wire from what the document says: one table, each line with its source.
//! A model without a line behaves as documented: one absolute URL as a string.

/// How a model writes `generation_url`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlForm {
    /// A string, for several files too (the first one).
    Text,
    /// Always an array of strings.
    Array,
    /// An array as soon as there are several files.
    ArrayWhenSeveral,
}

/// The habits of one model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quirks {
    /// Shape of `generation_url`.
    pub(crate) form: UrlForm,
    /// Whether it is an absolute path without scheme and host.
    pub(crate) relative: bool,
    /// Whether `Try-Sync` is answered with the handle at once.
    pub(crate) ignores_try_sync: bool,
}

const PLAIN: Quirks = Quirks { form: UrlForm::ArrayWhenSeveral, relative: false, ignores_try_sync: false };

const TABLE: &[(&str, Quirks)] = &[
    // Array: seen by several clients. Relative: the model's guide.
    ("flux-2-klein-4b", Quirks { form: UrlForm::Array, relative: true, ..PLAIN }),
    // Relative: the model's guide.
    ("p-image-pro", Quirks { form: UrlForm::Text, relative: true, ..PLAIN }),
    // Array with num_outputs above one: seen by several clients.
    ("wan-image-small", PLAIN),
    // Answered Try-Sync with a handle on the live service.
    ("p-image-try-on", Quirks { ignores_try_sync: true, ..PLAIN }),
];

/// The habits of `model`.
pub(crate) fn of(model: &str) -> Quirks {
    TABLE.iter().find(|(id, _)| *id == model).map_or(PLAIN, |(_, quirks)| *quirks)
}
