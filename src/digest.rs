//! SHA-256 by `ring`, which rustls already brings, and which is fast in unoptimized builds too.

use ring::digest::{Context, SHA256};

/// An incremental SHA-256 hasher.
pub(crate) struct Sha256 {
    context: Context,
}

impl Sha256 {
    pub(crate) fn new() -> Self {
        Self { context: Context::new(&SHA256) }
    }

    pub(crate) fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.context.update(bytes.as_ref());
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.context.finish().as_ref());
        hash
    }
}

/// Formats bytes as lowercase hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2, in one piece and in several.
    #[test]
    fn the_hash_matches_the_standard() {
        for pieces in [&["abc"][..], &["a", "", "bc"]] {
            let mut hash = Sha256::new();
            pieces.iter().for_each(|piece| hash.update(piece));
            assert_eq!(hex(&hash.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }
    }
}
