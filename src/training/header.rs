//! The header of a safetensors file: checked as a stream, in little memory.

use std::{
    fmt,
    io::{self, BufReader, Read},
};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// Maximum size of the header, by its format.
const MAX_HEADER: u64 = 100 * 1000 * 1000;
/// Maximum depth of its JSON, of which the format needs three.
const MAX_DEPTH: u32 = 64;
/// Maximum length of a text in it. The metadata of trainers can have some megabytes.
const MAX_TEXT: u32 = 16 * 1024 * 1024;

/// Checks the beginning of a safetensors file: the length of its header, then the header, a JSON object.
pub(super) fn check_header(mut file: impl Read, size: u64) -> Result<(), String> {
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| "it is too short".to_owned())?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER || length.saturating_add(8) > size {
        return Err("its header exceeds the file".into());
    }
    // Read without keeping it: a small archive can expand to a header of 100 MB.
    let header = BufReader::new(BoundedJson::new(file.take(length)));
    match serde_json::from_reader::<_, HeaderObject>(header) {
        Ok(_) => Ok(()),
        Err(error) if error.is_io() => Err(error.to_string()),
        Err(_) => Err("its header is not a JSON object".into()),
    }
}

/// Any JSON object, without its content.
struct HeaderObject;

impl<'de> Deserialize<'de> for HeaderObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = HeaderObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderObject, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(HeaderObject)
    }
}

/// Passes JSON on, unless it is nested too deeply or has too long a text: the parser keeps one byte for each level, and the
/// whole name of a member.
struct BoundedJson<R> {
    json: R,
    depth: u32,
    /// Length so far of the text that is being read.
    text: Option<u32>,
    is_escaped: bool,
}

impl<R> BoundedJson<R> {
    fn new(json: R) -> Self {
        Self { json, depth: 0, text: None, is_escaped: false }
    }

    /// Whether the JSON is within the bounds up to this byte.
    fn accepts(&mut self, byte: u8) -> bool {
        match (&mut self.text, byte) {
            (Some(length), _) if self.is_escaped => {
                self.is_escaped = false;
                *length += 1;
            }
            (Some(_), b'"') => self.text = None,
            (Some(length), _) => {
                self.is_escaped = byte == b'\\';
                *length += 1;
            }
            (None, b'"') => self.text = Some(0),
            (None, b'{' | b'[') => self.depth += 1,
            (None, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            (None, _) => {}
        }
        self.depth <= MAX_DEPTH && self.text.is_none_or(|length| length <= MAX_TEXT)
    }
}

impl<R: Read> Read for BoundedJson<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.json.read(buffer)?;
        match buffer[..length].iter().all(|byte| self.accepts(*byte)) {
            true => Ok(length),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "its header is too deep or has too long a text")),
        }
    }
}
