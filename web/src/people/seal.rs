//! Sealed words: ChaCha20-Poly1305 (RFC 8439) under a random nonce, as a text.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

/// What a sealed text begins with.
const SEALED: &str = "sealed:";

/// A person's key: 256 random bits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SealingKey([u8; 32]);

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey")
    }
}

impl SealingKey {
    /// A new one, where the host gives random numbers.
    pub(super) fn new() -> Option<Self> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).ok()?;
        Some(Self(bits))
    }

    fn aead(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, &self.0)
            .ok()
            .map(LessSafeKey::new)
    }
}

/// Whether a text is sealed.
pub(super) fn is_sealed(text: &str) -> bool {
    text.starts_with(SEALED)
}

/// Seals a text.
pub(super) fn seal(text: &str, key: &SealingKey) -> Option<String> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).ok()?;
    let mut bytes = text.as_bytes().to_vec();
    let aead = key.aead()?;
    aead.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
        .ok()?;
    let digits: String = nonce
        .iter()
        .chain(&bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Some(format!("{SEALED}{digits}"))
}

/// Opens a sealed text; `None` where the key is another's.
pub(super) fn open(text: &str, key: &SealingKey) -> Option<String> {
    let digits = text.strip_prefix(SEALED)?.as_bytes();
    let mut bytes = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let opened = key.aead()?.open_in_place(nonce, Aad::empty(), sealed).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_with_its_key_alone_and_only_as_it_was() {
        let (key, other) = (
            SealingKey::new().expect("random"),
            SealingKey::new().expect("random"),
        );
        for text in ["", "for my aunt", "für Käthe 🐝"] {
            let sealed = seal(text, &key).expect("room");
            assert_ne!(sealed, seal(text, &key).expect("room"), "no two look alike");
            assert_eq!(open(&sealed, &key).as_deref(), Some(text));
            assert_eq!(open(&sealed, &other), None);
            let mut changed = sealed.clone();
            let last = if changed.pop() == Some('0') { '1' } else { '0' };
            changed.push(last);
            assert_eq!(open(&changed, &key), None);
        }
        for wrong in ["", "sealed:", "sealed:00", "sealed:xyz", "words"] {
            assert_eq!(open(wrong, &key), None, "{wrong}");
        }
    }
}
