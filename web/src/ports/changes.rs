//! Changes of a store that are applied together: keys and values one behind the other, so that many small rows cost no allocation each.

/// Changes, in the order in which they were put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Each key, and its value behind it.
    bytes: Vec<u8>,
    /// Where each change ends.
    ends: Vec<Ends>,
}

/// Where a change ends among the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    key: usize,
    /// `None`: the key is deleted.
    value: Option<usize>,
}

impl Changes {
    /// None, and room for so many changes of so many bytes together.
    #[must_use]
    pub fn with_capacity(count: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(count),
        }
    }

    /// A key gets a value.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key = self.bytes.len();
        self.bytes.extend_from_slice(value);
        let value = Some(self.bytes.len());
        self.ends.push(Ends { key, value });
    }

    /// A key gets the value that `write` puts behind the bytes that it is given.
    ///
    /// # Errors
    /// What `write` fails with; nothing is changed then.
    pub fn write<E>(
        &mut self,
        key: &[u8],
        write: impl FnOnce(Vec<u8>) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.extend_from_slice(key);
        let key = bytes.len();
        self.bytes = write(bytes)?;
        let value = Some(self.bytes.len());
        self.ends.push(Ends { key, value });
        Ok(())
    }

    /// A key is deleted.
    pub fn delete(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        let key = self.bytes.len();
        self.ends.push(Ends { key, value: None });
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes of keys and values they have together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Each key with its new value, or `None` where it is deleted.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut from = 0;
        self.ends.iter().map(move |ends| {
            let key = &self.bytes[from..ends.key];
            from = ends.value.unwrap_or(ends.key);
            (key, ends.value.map(|end| &self.bytes[ends.key..end]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_out_as_they_were_put() {
        let mut changes = Changes::with_capacity(4, 0);
        changes.put(b"a", b"one");
        changes.delete(b"bb");
        changes.put(b"empty", b"");
        let written = changes.write(b"c", |mut bytes| {
            bytes.extend_from_slice(b"three");
            Ok::<_, ()>(bytes)
        });
        assert_eq!(written, Ok(()));
        let all: Vec<_> = changes.iter().collect();
        let expected: [(&[u8], Option<&[u8]>); 4] = [
            (b"a", Some(b"one")),
            (b"bb", None),
            (b"empty", Some(b"")),
            (b"c", Some(b"three")),
        ];
        assert_eq!(all, expected);
        assert_eq!((changes.len(), changes.bytes()), (4, 1 + 3 + 2 + 5 + 1 + 5));
    }
}
