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

/// Whether bytes cannot be what the service says they are: a page instead of a file, or noise under the type of a picture.
/// Each of the types has an unmistakable beginning; one for another, say WebP under the name of JPEG, is no lie worth an
/// error.
pub(crate) fn contradicts(content_type: Option<&str>, head: &[u8]) -> bool {
    let sniffed = of_bytes(head);
    let declared = content_type.map_or(UNKNOWN, of_content_type);
    let is_page = sniffed.mime == "text/html" || content_type.is_some_and(|t| t.starts_with("text/html"));
    let has_beginning = !matches!(declared.mime, "application/octet-stream" | "application/json");
    // Videos come in boxes; their fourth to eighth byte is a name in lower case, also where the brand is not known.
    let is_box = head.len() >= 8 && head[4..8].iter().all(u8::is_ascii_lowercase);
    is_page || (has_beginning && sniffed == UNKNOWN && !is_box)
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

    #[test]
    fn noise_and_pages_are_told_from_files() {
        let noise = [0x80_u8; 64];
        for (content_type, bytes, lie) in [
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
            assert_eq!(contradicts(content_type, bytes), lie, "{content_type:?} {bytes:?}");
        }
    }
}
