//! File types: media type and extension, detected from content.

/// A media type and the file name extension that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileType {
    pub(crate) media_type: &'static str,
    pub(crate) extension: &'static str,
}

impl FileType {
    /// The type of unrecognized content.
    pub(crate) const UNKNOWN: Self = Self { media_type: "application/octet-stream", extension: "bin" };

    /// Detects the type from the first bytes; [`SNIFF_LENGTH`] of them are enough.
    pub(crate) fn sniff(bytes: &[u8]) -> Self {
        infer::get(&bytes[..bytes.len().min(SNIFF_LENGTH)])
            .map_or(Self::UNKNOWN, |found| Self { media_type: found.mime_type(), extension: found.extension() })
    }

    /// Reads the type from a `Content-Type` header, for content that cannot be detected.
    pub(crate) fn from_content_type(content_type: &str) -> Self {
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let known = [
            ("image/jpeg", "jpg"),
            ("image/png", "png"),
            ("image/webp", "webp"),
            ("video/mp4", "mp4"),
            ("application/zip", "zip"),
            ("application/json", "json"),
        ];
        known
            .iter()
            .find(|(known, _)| *known == media_type)
            .map_or(Self::UNKNOWN, |(media_type, extension)| Self { media_type, extension })
    }
}

/// Number of leading bytes that detection looks at.
pub(crate) const SNIFF_LENGTH: usize = 512;

/// Whether content cannot be of its declared type: an HTML page instead of a file, or noise declared as an image.
///
/// Mismatches between known media types, such as WebP declared as JPEG, are tolerated.
pub(crate) fn contradicts(content_type: Option<&str>, head: &[u8]) -> bool {
    let sniffed = FileType::sniff(head);
    let declared = content_type.map_or(FileType::UNKNOWN, FileType::from_content_type);
    let is_page = sniffed.media_type == "text/html" || content_type.is_some_and(|t| t.starts_with("text/html"));
    let has_signature = !matches!(declared.media_type, "application/octet-stream" | "application/json");
    // ISO media files of unknown brands still have a lowercase box type in bytes 4 to 8.
    let is_box = head.len() >= 8 && head[4..8].iter().all(u8::is_ascii_lowercase);
    is_page || (has_signature && sniffed == FileType::UNKNOWN && !is_box)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_detected_from_the_first_bytes() {
        for (bytes, extension) in [
            (b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), "jpg"),
            (b"\x89PNG\r\n\x1a\n", "png"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "mp4"),
            (b"PK\x03\x04\x14\0\0\0", "zip"),
            (b"hello", "bin"),
            (b"", "bin"),
        ] {
            assert_eq!(FileType::sniff(bytes).extension, extension);
        }
    }

    #[test]
    fn noise_and_pages_contradict_a_declared_type() {
        let noise = [0x80_u8; 64];
        for (content_type, bytes, contradiction) in [
            (Some("image/jpeg"), b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), false),
            (Some("image/jpeg"), b"RIFF\x24\0\0\0WEBPVP8 ", false),
            (Some("video/mp4"), b"\0\0\0\x20ftypnew9\0\0\x02\0", false),
            (Some("application/octet-stream"), &noise, false),
            (Some("application/json"), b"{}", false),
            (None, &noise, false),
            (Some("image/jpeg"), &noise, true),
            (Some("video/mp4"), &noise, true),
            (Some("image/png"), b"<!DOCTYPE html><html>", true),
            (Some("text/html; charset=utf-8"), b"Moved", true),
            (None, b"<html><body>log in</body></html>", true),
        ] {
            assert_eq!(contradicts(content_type, bytes), contradiction, "{content_type:?} {bytes:?}");
        }
    }
}
