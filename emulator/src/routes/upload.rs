//! `uploadFile`: receives a file as multipart/form-data.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use hyper::StatusCode;
use multer::{Field, Multipart};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::form::{FormStream, ReadAhead};
use crate::content::Content;
use crate::context::RequestContext;
use crate::error_response::ErrorResponse;
use crate::faults::Fault;
use crate::id::random_id;
use crate::response::{self, Response};
use crate::store::{UPLOAD_LIFETIME, UploadStore};

pub(super) async fn handle(context: &mut RequestContext) -> Result<Response, ErrorResponse> {
    let boundary = context.header("content-type").and_then(|value| multer::parse_boundary(value).ok());
    let boundary = boundary.ok_or_else(|| invalid_file("The request is not multipart/form-data"))?;
    let state = Arc::clone(&context.state);
    let (stream, ahead) = FormStream::new(context.body_stream());
    let mut form = Multipart::new(stream, boundary);
    let limit = state.settings.upload_limit;
    let mut received = None;
    while let Some(field) = form.next_field().await.map_err(|error| invalid_file(&error.to_string()))? {
        ahead.reset();
        // What is beyond the limit is read and not kept.
        let is_content = field.name() == Some("content") && received.is_none();
        let part = receive(field, if is_content { limit } else { 0 }, &state.uploads, &ahead).await?;
        received = received.or(is_content.then_some(part));
    }
    let upload = received.filter(|upload| upload.length > 0);
    let upload = upload.ok_or_else(|| invalid_file("Send an image or a video in the part 'content'"))?;
    if upload.length > limit {
        return Err(file_too_large(limit));
    }
    let id = random_id(10);
    let now = context.state.clock.now();
    let body = upload_body(&id, &upload, context, now);
    // With this fault the upload has already expired.
    if context.fault != Some(Fault::Expired) {
        context.state.uploads.add(id, now, upload.content);
    }
    Ok(response::json(StatusCode::CREATED, &body))
}

struct Upload {
    name: String,
    content_type: String,
    content: Content,
    length: u64,
    sha256: String,
}

/// Receives a part to its end, even when it exceeds the limit: otherwise the client gets a write error instead of the
/// response.
async fn receive(
    mut field: Field<'_>,
    limit: u64,
    uploads: &UploadStore,
    ahead: &ReadAhead,
) -> Result<Upload, ErrorResponse> {
    let name = field.file_name().unwrap_or("file").to_owned();
    let content_type = field.content_type().map_or("application/octet-stream".to_owned(), ToString::to_string);
    let (mut writer, mut hash, mut length) = (uploads.writer(), Sha256::new(), 0_u64);
    while let Some(chunk) = field.chunk().await.map_err(|error| invalid_file(&error.to_string()))? {
        ahead.reset();
        length += chunk.len() as u64;
        if length <= limit {
            hash.update(&chunk);
            uploads.write(&mut writer, &chunk).map_err(not_stored)?;
        }
    }
    Ok(Upload { name, content_type, content: writer.finish(), length, sha256: HEXLOWER.encode(&hash.finalize()) })
}

fn upload_body(id: &str, upload: &Upload, context: &RequestContext, now: Duration) -> Value {
    let time = |moment| humantime::format_rfc3339_millis(context.state.clock.wall_time(moment)).to_string();
    let mut metadata = json!({"content_length": upload.length});
    let is_image = upload.content_type.starts_with("image/");
    if let Some((width, height)) = is_image.then(|| upload.content.dimensions()).flatten() {
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
        "expires_at": time(now + UPLOAD_LIFETIME),
        "urls": {"get": format!("{}/v1/files/{id}", context.origin)},
    })
}

fn not_stored(error: io::Error) -> ErrorResponse {
    if error.kind() == io::ErrorKind::StorageFull {
        let message = "the emulator has no space for this upload; raise its upload_disk";
        return ErrorResponse::gateway(StatusCode::SERVICE_UNAVAILABLE, message);
    }
    ErrorResponse::internal(&error)
}

fn invalid_file(details: &str) -> ErrorResponse {
    ErrorResponse::Documented {
        status: StatusCode::BAD_REQUEST,
        code: "INVALID_FILE",
        message: "The file is invalid or missing",
        details: details.to_owned(),
    }
}

fn file_too_large(limit: u64) -> ErrorResponse {
    ErrorResponse::Documented {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        code: "FILE_TOO_LARGE",
        message: "The file exceeds the maximum size",
        details: format!("Maximum file size is {}MB", limit / 1_000_000),
    }
}
