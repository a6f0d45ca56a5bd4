//! Where faults are injected.

use serde::{Deserialize, Serialize};

/// Where a fault is injected: an operation of the API, or the connection itself.
///
/// In JSON, the `operationId` of the OpenAPI document, or `connection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Operation {
    /// Submits a prediction: `POST /v1/predictions`.
    CreatePrediction,
    /// Polls a prediction: `GET /v1/predictions/status/{id}`.
    GetPredictionStatus,
    /// Downloads an output file: `GET /v1/predictions/delivery/{path}`.
    DownloadContent,
    /// Uploads a file: `POST /v1/files`.
    UploadFile,
    /// Accepts a connection, before any request.
    ///
    /// Always resets the connection; use it with [`Fault::Refuse`](super::Fault::Refuse). A rule without a limit also
    /// blocks `/_emulator/faults`.
    Connection,
}

impl Operation {
    /// Returns the `operationId` in the OpenAPI document; `connection` for [`Operation::Connection`].
    pub fn id(self) -> &'static str {
        match self {
            Self::CreatePrediction => "createPrediction",
            Self::GetPredictionStatus => "getPredictionStatus",
            Self::DownloadContent => "downloadContent",
            Self::UploadFile => "uploadFile",
            Self::Connection => "connection",
        }
    }
}
