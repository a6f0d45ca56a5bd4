//! One upload over as many attempts as the retry policy allows.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use reqwest::multipart::Form;
use tokio::time::{Instant, timeout_at};

use super::{
    body::{self, Content},
    file_pool::FilePool,
    source::ReadContent,
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

/// Uploads content, and returns what was sent. Each attempt reads it again.
pub(super) async fn send(
    transport: &Transport,
    content: &Content<'_>,
    pool: &FilePool,
    progress: &ProgressCallback,
    deadline: Instant,
) -> Result<(UploadedFile, ReadContent)> {
    let attempt = |left| send_once(transport, content, pool, progress, left);
    transport.retry.run(Idempotency::Idempotent, deadline, attempt).await
}

async fn send_once(
    transport: &Transport,
    content: &Content<'_>,
    pool: &FilePool,
    progress: &ProgressCallback,
    left: Duration,
) -> Result<(UploadedFile, ReadContent), AttemptError> {
    let queued_at = Instant::now();
    let deadline = queued_at + left;
    let _permit = transport.permit(Operation::Upload, queued_at, deadline).await?;
    let stall = Arc::new(StallDetector::new());
    let (part, body) = body::part(content, pool, &stall, progress).await.map_err(AttemptError::not_sent)?;
    let sending = pin!(transport.upload_once(Form::new().part("content", part)));
    let stalled = pin!(stall.stalled(transport.timeouts.idle));
    let failed = |message: String| Err(AttemptError::indeterminate(Error::new(ErrorKind::Connection, message)));
    let response = match timeout_at(deadline, select(sending, stalled)).await {
        Ok(Either::Left((response, _))) => response,
        Ok(Either::Right(_)) => failed(format!("the upload stalled for {:?}", transport.timeouts.idle)),
        Err(_) => failed("the upload did not end in time".into()),
    };
    match (body.take(), response) {
        (Some(Err(error)), _) => Err(AttemptError::indeterminate(error)),
        (_, Err(failure)) => Err(failure),
        (Some(Ok(sent)), Ok(response)) => {
            uploaded(&response, transport).map(|file| (file, sent)).map_err(AttemptError::indeterminate)
        }
        (None, Ok(_)) => {
            let message = "the service reported success before it had received the whole file";
            Err(AttemptError::indeterminate(Error::new(ErrorKind::Decode, message)))
        }
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
