//! What kind of file some bytes are.

/// A media type and the extension that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileKind {
    pub(crate) mime: &'static str,
    pub(crate) extension: &'static str,
}

/// For bytes that nothing is known of.
pub(crate) const UNKNOWN: FileKind = FileKind { mime: "application/octet-stream", extension: "bin" };

/// How many bytes from the beginning are enough to tell.
pub(crate) const SNIFFED: usize = 512;

/// Tells the kind from the first bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> FileKind {
    infer::get(&bytes[..bytes.len().min(SNIFFED)])
        .map_or(UNKNOWN, |found| FileKind { mime: found.mime_type(), extension: found.extension() })
}

/// Tells the kind from a header, for what the bytes do not tell.
pub(crate) fn of_content_type(content_type: &str) -> FileKind {
    let mime = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = [
        ("image/jpeg", "jpg"),
        ("image/png", "png"),
        ("image/webp", "webp"),
        ("video/mp4", "mp4"),
        ("application/zip", "zip"),
        ("application/json", "json"),
    ];
    known.iter().find(|(known, _)| *known == mime).map_or(UNKNOWN, |(mime, extension)| FileKind { mime, extension })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_from_the_first_bytes() {
        for (bytes, extension) in [
            (b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), "jpg"),
            (b"\x89PNG\r\n\x1a\n", "png"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "mp4"),
            (b"PK\x03\x04\x14\0\0\0", "zip"),
            (b"hello", "bin"),
            (b"", "bin"),
        ] {
            assert_eq!(of_bytes(bytes).extension, extension);
        }
    }
}
