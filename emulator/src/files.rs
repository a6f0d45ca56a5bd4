//! Uploads: kept for half an hour, usable as input, never served.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hyper::StatusCode;
use image::ImageReader;
use multer::{Field, Multipart};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::{self, Answer, Refusal};
use crate::call::Call;
use crate::faults::Fault;
use crate::predictions::random_id;
use crate::sync::lock;

/// How long an upload is kept.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// Uploads up to this size stay in memory, larger ones go to a temporary file.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// The bytes of an upload.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Memory(Bytes),
    Disk(Arc<Mutex<File>>),
}

impl Content {
    /// All bytes.
    pub(crate) fn read(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::Disk(file) => {
                let mut file = lock(file);
                let mut bytes = Vec::new();
                file.rewind()?;
                file.read_to_end(&mut bytes)?;
                Ok(Bytes::from(bytes))
            }
        }
    }

    /// Width and height, if it is a picture. Reads no more than its header.
    pub(crate) fn dimensions(&self) -> Option<(u32, u32)> {
        match self {
            Self::Memory(bytes) => dimensions(Cursor::new(bytes)),
            Self::Disk(file) => {
                let mut file = lock(file);
                file.rewind().ok()?;
                dimensions(BufReader::new(&mut *file))
            }
        }
    }
}

fn dimensions(reader: impl BufRead + Seek) -> Option<(u32, u32)> {
    ImageReader::new(reader).with_guessed_format().ok()?.into_dimensions().ok()
}

/// All uploads that were made.
#[derive(Debug, Default)]
pub(crate) struct Files {
    uploads: Mutex<HashMap<String, (Duration, Content)>>,
}

impl Files {
    /// The content of upload `id`, unless it has expired by `now`.
    pub(crate) fn content(&self, id: &str, now: Duration) -> Option<Content> {
        let uploads = lock(&self.uploads);
        let (created, content) = uploads.get(id)?;
        (now < *created + LIFETIME).then(|| content.clone())
    }

    fn add(&self, id: String, now: Duration, content: Content) {
        let mut uploads = lock(&self.uploads);
        uploads.retain(|_, (created, _)| now < *created + LIFETIME);
        uploads.insert(id, (now, content));
    }
}

/// `uploadFile`.
pub(crate) async fn upload(call: &mut Call) -> Result<Answer, Refusal> {
    let boundary = call.header("content-type").and_then(|value| multer::parse_boundary(value).ok());
    let boundary = boundary.ok_or_else(|| invalid("The request is not multipart/form-data"))?;
    let mut form = Multipart::new(call.body(), boundary);
    let mut received = None;
    while let Some(field) = form.next_field().await.map_err(|error| invalid(&error.to_string()))? {
        if field.name() == Some("content") && received.is_none() {
            received = Some(receive(field, call.state.settings.upload_limit).await?);
        }
    }
    let upload = received.filter(|upload| upload.length > 0);
    let upload = upload.ok_or_else(|| invalid("Send an image or a video in the part 'content'"))?;
    if upload.length > call.state.settings.upload_limit {
        return Err(too_large(call.state.settings.upload_limit));
    }
    let id = random_id(10);
    let now = call.state.clock.now();
    let body = describe(&id, &upload, call, now);
    // An upload on which expiry was ordered is gone before anybody can use it.
    if call.fault != Some(Fault::Expired) {
        call.state.files.add(id, now, upload.content);
    }
    Ok(answer::json(StatusCode::CREATED, &body))
}

struct Upload {
    name: String,
    content_type: String,
    content: Content,
    length: u64,
    sha256: String,
}

/// Receives the part to its end, also beyond the limit: the caller is to read the refusal, not a broken pipe.
async fn receive(mut field: Field<'_>, limit: u64) -> Result<Upload, Refusal> {
    let name = field.file_name().unwrap_or("file").to_owned();
    let content_type = field.content_type().map_or("application/octet-stream".to_owned(), ToString::to_string);
    let (mut spool, mut hash, mut length) = (Spool::Memory(Vec::new()), Sha256::new(), 0_u64);
    while let Some(chunk) = field.chunk().await.map_err(|error| invalid(&error.to_string()))? {
        length += chunk.len() as u64;
        if length <= limit {
            hash.update(&chunk);
            spool.write(&chunk).map_err(|error| Refusal::internal(&error))?;
        }
    }
    let sha256 = HEXLOWER.encode(&hash.finalize());
    Ok(Upload { name, content_type, content: spool.content(), length, sha256 })
}

/// Memory that becomes a file when it grows.
enum Spool {
    Memory(Vec<u8>),
    Disk(File),
}

impl Spool {
    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Disk(file) => file.write_all(chunk),
            Self::Memory(bytes) if bytes.len() + chunk.len() <= IN_MEMORY => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
            Self::Memory(bytes) => {
                let mut file = tempfile::tempfile()?;
                file.write_all(bytes)?;
                file.write_all(chunk)?;
                *self = Self::Disk(file);
                Ok(())
            }
        }
    }

    fn content(self) -> Content {
        match self {
            Self::Memory(bytes) => Content::Memory(Bytes::from(bytes)),
            Self::Disk(file) => Content::Disk(Arc::new(Mutex::new(file))),
        }
    }
}

fn describe(id: &str, upload: &Upload, call: &Call, now: Duration) -> Value {
    let time = |moment| humantime::format_rfc3339_millis(call.state.clock.wall(moment)).to_string();
    let mut metadata = json!({"content_length": upload.length});
    let picture = upload.content_type.starts_with("image/");
    if let Some((width, height)) = picture.then(|| upload.content.dimensions()).flatten() {
        metadata["width"] = width.into();
        metadata["height"] = height.into();
    }
    json!({
        "id": id,
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.length,
        "etag": format!("\"{}\"", &upload.sha256[..32]),
        "checksums": {"sha256": upload.sha256},
        "metadata": metadata,
        "created_at": time(now),
        "expires_at": time(now + LIFETIME),
        "urls": {"get": format!("{}/v1/files/{id}", call.origin)},
    })
}

fn invalid(details: &str) -> Refusal {
    Refusal::Documented {
        status: StatusCode::BAD_REQUEST,
        code: "INVALID_FILE",
        message: "The file is invalid or missing",
        details: details.to_owned(),
    }
}

fn too_large(limit: u64) -> Refusal {
    Refusal::Documented {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "FILE_TOO_LARGE",
        message: "The file exceeds the maximum size",
        details: format!("Maximum file size is {}MB", limit / 1_000_000),
    }
}
