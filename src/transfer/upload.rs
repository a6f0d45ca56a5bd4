//! One upload over as many attempts as the retry policy allows.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use reqwest::multipart::Form;
use tokio::time::{Instant, timeout_at};

use super::{
    body::{self, Content},
    stall::StallDetector,
};
use crate::{
    Error, Result, UploadedFile,
    error::ErrorKind,
    limits::Operation,
    progress::ProgressCallback,
    retry::{AttemptError, Idempotency},
    transport::Transport,
    wire::UploadResponse,
};

/// Uploads content. Each attempt has a body of its own.
pub(super) async fn send(
    transport: &Transport,
    content: &Content<'_>,
    progress: &ProgressCallback,
    deadline: Instant,
) -> Result<UploadedFile> {
    let attempt = |left| send_once(transport, content, progress, left);
    transport.retry.run(Idempotency::Idempotent, deadline, attempt).await
}

async fn send_once(
    transport: &Transport,
    content: &Content<'_>,
    progress: &ProgressCallback,
    left: Duration,
) -> Result<UploadedFile, AttemptError> {
    let queued_at = Instant::now();
    let deadline = queued_at + left;
    let _permit = transport.permit(Operation::Upload, queued_at, deadline).await?;
    let stall = Arc::new(StallDetector::new());
    let (part, body_error) = body::part(content, &stall, progress).await.map_err(AttemptError::not_sent)?;
    let sending = pin!(transport.upload_once(Form::new().part("content", part)));
    let stalled = pin!(stall.stalled(transport.timeouts.idle));
    let failed = |message: String| Err(AttemptError::indeterminate(Error::new(ErrorKind::Connection, message)));
    let response = match timeout_at(deadline, select(sending, stalled)).await {
        Ok(Either::Left((response, _))) => response,
        Ok(Either::Right(_)) => failed(format!("the upload stalled for {:?}", transport.timeouts.idle)),
        Err(_) => failed("the upload did not end in time".into()),
    };
    match body_error.take() {
        Some(error) => Err(AttemptError::indeterminate(error)),
        None => uploaded(&response?, transport).map_err(AttemptError::indeterminate),
    }
}

/// Reads the response to an upload.
fn uploaded(response: &UploadResponse, transport: &Transport) -> Result<UploadedFile> {
    let address = response.url().ok_or_else(|| {
        let error = Error::new(ErrorKind::Decode, "the response to the upload has no URL (urls.get)");
        transport.redact(error.with_body(Some(response.as_value().to_string())))
    })?;
    Ok(UploadedFile::from_response(response, transport.base.resolve(address)?.into()))
}
