//! `downloadContent`: returns an output file, whole or in part, until it expires.

use data_encoding::HEXLOWER;
use hyper::StatusCode;
use hyper::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG};
use sha2::{Digest, Sha256};

use super::range::Range;
use crate::context::RequestContext;
use crate::error_response::ErrorResponse;
use crate::media::OutputFile;
use crate::response::{self, Response};
use crate::store::RETENTION;

pub(super) async fn handle(context: &mut RequestContext) -> Result<Response, ErrorResponse> {
    let now = context.state.clock.now();
    let not_found = || ErrorResponse::not_found("There is no file at this path");
    let file = match context.state.predictions.output(&context.parameter) {
        Some((ready, _)) if now < ready => return Err(not_found()),
        Some((ready, file)) if now < ready + RETENTION => file,
        Some(_) => return Err(ErrorResponse::content_expired()),
        // Its prediction was dropped.
        None if OutputFile::is_path(&context.parameter) => return Err(ErrorResponse::content_expired()),
        None => return Err(not_found()),
    };
    let bytes = context.state.media_cache.get(&file).await.map_err(|error| ErrorResponse::internal(&error))?;
    let etag = format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(&bytes)[..16]));
    let length = bytes.len() as u64;
    // If-Range: the range applies only if the client has the same file.
    let is_same_file = context.header("if-range").is_none_or(|tag| tag == etag);
    let range = context.header("range").filter(|_| is_same_file);
    let content_type = file.spec.kind.content_type();
    let mut response = match range.map_or(Range::Whole, |range| Range::parse(range, length)) {
        Range::Whole => response::with_type(StatusCode::OK, content_type, bytes),
        Range::Part { first, last } => {
            let part = bytes.slice(first as usize..=last as usize);
            let mut response = response::with_type(StatusCode::PARTIAL_CONTENT, content_type, part);
            response::set_header(&mut response, CONTENT_RANGE, format!("bytes {first}-{last}/{length}"));
            response
        }
        Range::NotSatisfiable => {
            let mut response = response::empty(StatusCode::RANGE_NOT_SATISFIABLE);
            response::set_header(&mut response, CONTENT_RANGE, format!("bytes */{length}"));
            return Ok(response);
        }
    };
    let name = file.path.rsplit('/').next().unwrap_or_default();
    response::set_header(&mut response, CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""));
    response::set_header(&mut response, CACHE_CONTROL, "public, max-age=3600");
    response::set_header(&mut response, ETAG, etag);
    response::set_header(&mut response, ACCEPT_RANGES, "bytes");
    Ok(response)
}
