//! Random identifiers.

use sha2::{Digest, Sha256};

/// Length of the random part and of the check of a checked id.
const RANDOM: usize = 44;
const CHECK: usize = 10;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Returns a random id of lower-case letters and digits, in the service's format.
pub(crate) fn random_id(length: usize) -> String {
    (0..length).map(|_| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())])).collect()
}

/// Returns a random id that [`is_checked_id`] recognizes.
pub(crate) fn random_checked_id() -> String {
    let random = random_id(RANDOM);
    let check = check(&random);
    random + &check
}

/// Whether an emulator has made this id: so that what was forgotten can be told from what never existed.
pub(crate) fn is_checked_id(id: &str) -> bool {
    id.split_at_checked(RANDOM).is_some_and(|(random, end)| end == check(random))
}

fn check(random: &str) -> String {
    let hash = Sha256::digest(random);
    hash.iter().take(CHECK).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checked_ids_are_recognized() {
        let id = random_checked_id();
        assert_eq!((id.len(), is_checked_id(&id)), (54, true));
        for other in ["", "x", &random_id(54), &id[1..], &format!("{id}x"), &"\u{e4}".repeat(27)] {
            assert!(!is_checked_id(other), "{other}");
        }
    }
}
