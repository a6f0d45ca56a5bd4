//! Files that were uploaded.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    media::{Media, media_from},
    wire::UploadResponse,
};

/// An uploaded file, which the service keeps for 30 minutes as input for models.
///
/// ```no_run
/// # async fn example(client: pruna::Client) -> pruna::Result<()> {
/// use pruna::{Media, inputs::PImageEdit};
///
/// let photo = client.upload(Media::path("me.jpg")).await?;
/// client.generate(PImageEdit::new("as a watercolor").images([&photo])).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UploadedFile {
    /// The service's id of the file.
    pub id: Option<String>,
    /// The URL to pass as an input of models. Clients cannot download from it.
    pub url: String,
    /// The name it was uploaded under.
    pub name: Option<String>,
    /// The media type.
    pub content_type: Option<String>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// Time of the upload, as the service writes it (RFC 3339).
    pub created_at: Option<String>,
    /// Time of the deletion, as the service writes it (RFC 3339).
    pub expires_at: Option<String>,
}

impl UploadedFile {
    /// Reads a response. `url` is its URL, made absolute.
    pub(crate) fn from_response(response: &UploadResponse, url: String) -> Self {
        let body = response.as_value();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        Self {
            id: text("id"),
            url,
            name: text("name"),
            content_type: text("content_type"),
            size: body["size"].as_u64(),
            created_at: text("created_at"),
            expires_at: text("expires_at"),
        }
    }

    /// Returns how long the service keeps the file, by the service's clock alone.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let time = |text: &Option<String>| humantime::parse_rfc3339(text.as_deref()?).ok();
        Some(time(&self.expires_at)?.duration_since(time(&self.created_at)?).unwrap_or_default())
    }
}

media_from! {
    UploadedFile: |file| Media::url(file.url);
    &UploadedFile: |file| Media::url(file.url.clone());
}
