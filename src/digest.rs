//! SHA-256, by ring: rustls brings that along already, and it is fast in a program that is not optimised too.

use ring::digest::{Context, SHA256};

/// A hash in the making.
pub(crate) struct Sha256(Context);

impl Sha256 {
    pub(crate) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(crate) fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes.as_ref());
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        hash
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2, and the same in pieces.
    #[test]
    fn the_hash_is_the_standards() {
        for pieces in [&["abc"][..], &["a", "", "bc"]] {
            let mut hash = Sha256::new();
            pieces.iter().for_each(|piece| hash.update(piece));
            assert_eq!(hex(&hash.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        }
    }
}
