//! Results that are written piece by piece: to stdout, a pipe, a device.

use std::path::{Path, PathBuf};

use pruna::Download;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::saved::Saved;
use crate::{failure::Failure, progress::TransferBar, terminal::Terminal};

/// Something open for writing that cannot be rewound or renamed.
pub(super) struct Stream {
    path: PathBuf,
    writer: Box<dyn AsyncWrite + Unpin>,
}

impl Stream {
    pub(super) fn stdout() -> Self {
        Self { path: PathBuf::from("stdout"), writer: Box::new(tokio::io::stdout()) }
    }

    /// Opens a path that exists. A pipe waits for its reader.
    pub(super) async fn open(path: &Path) -> Result<Self, Failure> {
        let file = tokio::fs::OpenOptions::new().write(true).open(path).await;
        let file = file.map_err(|e| Failure::io(path.display(), &e))?;
        Ok(Self { path: path.to_owned(), writer: Box::new(file) })
    }

    /// Writes a download as it arrives; only one piece of it is in memory.
    pub(super) async fn save(&mut self, terminal: &Terminal, download: Download, url: &str) -> Result<Saved, Failure> {
        let bar = TransferBar::start(terminal, "download");
        let saved = self.copy(download, url, &bar).await;
        bar.finish();
        saved
    }

    async fn copy(&mut self, download: Download, url: &str, bar: &TransferBar) -> Result<Saved, Failure> {
        let mut content = download.open().await?;
        let (content_type, total) = (content.content_type().to_owned(), content.content_length());
        let mut bytes = 0;
        while let Some(piece) = content.next().await {
            let piece = piece?;
            self.writer.write_all(&piece).await.map_err(|e| Failure::io(self.path.display(), &e))?;
            bytes += piece.len() as u64;
            bar.set(bytes, total);
        }
        // Only now is it known whether the last piece was written.
        self.writer.flush().await.map_err(|e| Failure::io(self.path.display(), &e))?;
        Ok(Saved { path: self.path.clone(), url: url.to_owned(), content_type, bytes })
    }
}
