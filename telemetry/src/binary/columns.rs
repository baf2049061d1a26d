//! Columns of little-endian numbers, one after another, each column on a multiple of four bytes.

/// Columns begin on multiples of this.
const ALIGNED_BYTES: usize = 4;

/// A frame that is being written.
#[derive(Debug)]
pub(super) struct Columns {
    bytes: Vec<u8>,
    /// Where the frame begins.
    start: usize,
}

impl Columns {
    /// A frame behind what there is.
    pub(super) const fn behind(bytes: Vec<u8>) -> Self {
        let start = bytes.len();
        Self { bytes, start }
    }

    pub(super) fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.bytes.extend_from_slice(&bytes);
    }

    pub(super) fn word(&mut self, word: u32) {
        self.bytes(word.to_le_bytes());
    }

    pub(super) fn signed(&mut self, word: i32) {
        self.bytes(word.to_le_bytes());
    }

    pub(super) fn double(&mut self, number: f64) {
        self.bytes(number.to_le_bytes());
    }

    /// An instant in whole milliseconds, as the double that a browser's `Date` takes; exact for the next 285,000 years.
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds need 41 bits, a double has 53"
    )]
    pub(super) fn time(&mut self, unix_ms: i64) {
        self.double(unix_ms as f64);
    }

    /// A number that grows too slowly to outgrow four bytes.
    pub(super) fn size(&mut self, size: u64) {
        self.word(u32::try_from(size).unwrap_or(u32::MAX));
    }

    /// How many there are of something that is in memory.
    pub(super) fn count(&mut self, count: usize) {
        self.size(count as u64);
    }

    /// A column of whole numbers.
    pub(super) fn words(&mut self, column: impl Iterator<Item = u32>) {
        column.for_each(|word| self.word(word));
    }

    /// A column of signed whole numbers.
    pub(super) fn signed_words(&mut self, column: impl Iterator<Item = i32>) {
        column.for_each(|word| self.signed(word));
    }

    /// A column of short whole numbers.
    pub(super) fn halves(&mut self, column: impl Iterator<Item = u16>) {
        column.for_each(|half| self.bytes(half.to_le_bytes()));
        self.align();
    }

    /// A column of identities of 16 bytes, the lowest first.
    pub(super) fn identities(&mut self, column: impl Iterator<Item = u128>) {
        column.for_each(|identity| self.bytes(identity.to_le_bytes()));
    }

    /// Text in UTF-8, whose length is told elsewhere.
    pub(super) fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.align();
    }

    fn align(&mut self) {
        let length = self.bytes.len() - self.start;
        self.bytes
            .resize(self.start + length.next_multiple_of(ALIGNED_BYTES), 0);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// A share or measure in whole steps, cut to what two bytes hold.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
pub(super) fn steps(value: f64, per_unit: f64) -> u16 {
    (value * per_unit).round().clamp(0.0, f64::from(u16::MAX)) as u16
}

/// The same in four bytes, with a sign.
#[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
pub(super) fn signed_steps(value: f64, per_unit: f64) -> i32 {
    (value * per_unit)
        .round()
        .clamp(f64::from(i32::MIN), f64::from(i32::MAX)) as i32
}

/// Whole milliseconds of so many seconds; 49 days and longer are as long as that.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what fits"
)]
pub(super) fn millis(seconds: f64) -> u32 {
    (seconds * 1_000.0).round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_begins_on_a_multiple_of_four_bytes() {
        let mut columns = Columns::behind(Vec::new());
        columns.text("abcde");
        columns.halves([1, 2, 3].into_iter());
        columns.word(7);
        assert_eq!(
            columns.into_bytes(),
            [
                b'a', b'b', b'c', b'd', b'e', 0, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 7, 0, 0, 0
            ]
        );
    }

    #[test]
    fn columns_behind_something_are_as_alone() {
        let mut columns = Columns::behind(vec![9]);
        columns.text("abcde");
        assert_eq!(columns.into_bytes(), b"\x09abcde\0\0\0");
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        assert_eq!((steps(-1.0, 10.0), steps(1e9, 10.0)), (0, u16::MAX));
        assert_eq!((steps(12.34, 10.0), signed_steps(-12.36, 10.0)), (123, -124));
    }
}
