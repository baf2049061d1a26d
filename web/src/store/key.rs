//! Keys: a letter for the table, then parts whose order of bytes is their own order.

use std::borrow::Borrow;

use skyhaul_actors::ids::DeliveryId;
use smallvec::{SmallVec, smallvec};

/// Bytes of a key that lie in place: a delivery's, a number's, and an owner's of a usual name with a number. Longer keys lie elsewhere.
const IN_PLACE: usize = 24;

/// A key under construction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(SmallVec<[u8; IN_PLACE]>);

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

impl Key {
    /// A key of a table, or the prefix of all its keys.
    pub(crate) fn of(table: u8) -> Self {
        Self(smallvec![table])
    }

    /// A delivery follows.
    pub(crate) fn delivery(mut self, id: DeliveryId) -> Self {
        self.0.extend_from_slice(&id.0.to_be_bytes());
        self
    }

    /// A number follows.
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// A number that stands for somebody follows.
    pub(crate) fn pseudonym(mut self, pseudonym: u128) -> Self {
        self.0.extend_from_slice(&pseudonym.to_be_bytes());
        self
    }

    /// A digest follows.
    pub(crate) fn digest(mut self, digest: &[u8; 32]) -> Self {
        self.0.extend_from_slice(digest);
        self
    }

    /// A text follows, with its length before it, so that no text is another's prefix.
    pub(crate) fn text(mut self, text: &str) -> Self {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A month follows.
    pub(crate) fn month(mut self, (year, month): (u16, u8)) -> Self {
        self.0.extend_from_slice(&year.to_be_bytes());
        self.0.push(month);
        self
    }

    /// The first key after all that begin with this one.
    pub(crate) fn end(&self) -> Self {
        let mut end = self.0.clone();
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        Self(end)
    }

    /// The first key after this one.
    pub(crate) fn after(mut self) -> Self {
        self.0.push(0);
        self
    }

    /// A key that was read.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The number that a key ends with.
pub(crate) fn last_number(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_lies_behind_all_its_keys_and_before_the_next() {
        let prefix = Key::of(b'o').text("a");
        assert!(prefix.clone().number(u64::MAX) < prefix.end());
        assert!(prefix.end() <= Key::of(b'o').text("b"));
        assert_eq!(Key(smallvec![1, 255, 255]).end(), Key(smallvec![2]));
    }

    #[test]
    fn no_text_is_another_ones_prefix() {
        let short = Key::of(b'o').text("own");
        assert!(!Key::of(b'o').text("owner").bytes().starts_with(short.bytes()));
    }
}
