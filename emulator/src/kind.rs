//! Kinds of output files.

/// The kind of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jpg,
    Png,
    Webp,
    Mp4,
    Zip,
}

impl Kind {
    /// Parses a value of `output_format`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "jpg" | "jpeg" => Self::Jpg,
            "png" => Self::Png,
            "webp" => Self::Webp,
            "mp4" => Self::Mp4,
            "zip" => Self::Zip,
            _ => return None,
        })
    }

    /// File name extension.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
            Self::Zip => "zip",
        }
    }

    /// Media type, as the OpenAPI document declares it for downloads.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::Zip => "application/octet-stream",
        }
    }

    /// Whether the file is a still image.
    pub(crate) fn is_image(self) -> bool {
        matches!(self, Self::Jpg | Self::Png | Self::Webp)
    }
}
